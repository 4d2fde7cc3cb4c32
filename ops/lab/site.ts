// The site of the lab: one tenant, one switch with its SIP Server, a few DNs and agents, as a configuration server tells of them.

import type { SwitchDn, SwitchDnType } from '#ops/lab/sip-server';
import { dnTypes, parseSite, type Site } from '#src/directory';

/** Numbers of the lab: nobody has them. */
export const labDns: readonly SwitchDn[] = ['7001', '7002', '7003', '7004'].map((number) => ({
  number,
  type: 'extension',
  options: {},
}));

/** What a SIP Server needs to have calls recorded (guide ch. 6). */
export const labOptions: Readonly<Record<string, string>> = {
  'msml-support': 'true',
  'msml-record-support': 'true',
  'resource-management-by-rm': 'true',
  'recording-filename': '',
  'record-consult-calls': 'false',
};

const tenant = 'Environment';

/** The DN by which the SIP Server reaches its media server (guide ch. 6). */
export function msmlServiceDn(
  { address, port }: { readonly address: string; readonly port: number },
  options: SwitchDn['options'] = {},
): SwitchDn {
  return {
    number: 'MSML_Service',
    type: 'voip-service',
    options: {
      'service-type': 'msml',
      contact: `sip:${address}:${port}`,
      prefix: 'msml=',
      'subscription-id': tenant,
      'refer-enabled': 'false',
      'make-call-rfc3725-flow': '1',
      'ring-tone-on-make-call': 'false',
      'sip-hold-rfc3264': 'true',
      ...options,
    },
  };
}

/** Service parameters of the default IVR profile: recordings go to `recorder` (guide ch. 7). */
export function recordingProfile(recorder: {
  readonly address: string;
  readonly port: number;
}): Readonly<Record<string, string>> {
  return {
    'recordingclient.recmediactl': 'fixed,2',
    'recordingclient.recdest': `fixed,sip:${recorder.address}:${recorder.port}`,
  };
}

const typeNumbers: Readonly<Record<SwitchDnType, number>> = {
  extension: dnTypes.extension,
  'acd-position': dnTypes.acdPosition,
  'voice-treatment-port': dnTypes.voiceTreatmentPort,
  trunk: dnTypes.trunk,
  'trunk-group': dnTypes.trunkGroup,
  queue: dnTypes.acdQueue,
  'route-point': dnTypes.routingPoint,
  'voip-service': dnTypes.voipService,
};

export const labUser = { name: 'lab', password: 'lab', application: 'CallREC_GIM' } as const;

/** The tenants, in the order of their numbers in a configuration server. The switch of each has the same name and the same numbers. */
export function labTenant(nth: number): { readonly path: string; readonly dbid: number } {
  return { path: [tenant, 'Shop'][nth] ?? `Shop ${nth}`, dbid: nth + 1 };
}

/** The site, with its SIP Server at `port` of loopback, and those of further tenants at `others`. */
export function labSite(port: number, dns: readonly SwitchDn[] = labDns, others: readonly number[] = []): Site {
  const switches = [port, ...others].map((one, nth) => switchObjects(labTenant(nth).dbid, one, dns));
  const objects = {
    CfgTenant: switches.map((_, nth) => ({ DBID: labTenant(nth).dbid, name: labTenant(nth).path })),
    CfgHost: [{ DBID: 1, name: 'lab', IPaddress: '127.0.0.1' }],
    CfgApplication: switches.map(({ application }) => application),
    CfgSwitch: switches.map((one) => one.switch),
    CfgDN: switches.flatMap((one) => one.dns),
    CfgAgentLogin: [{ DBID: 200, switchDBID: 100, tenantDBID: 1, loginCode: 'smith' }],
    CfgSkill: [{ DBID: 300, tenantDBID: 1, name: 'Czech' }],
    CfgPerson: [
      {
        DBID: 400,
        tenantDBID: 1,
        firstName: 'John',
        lastName: 'Smith',
        employeeID: 'E-17',
        isAgent: true,
        agentInfo: {
          agentLogins: [{ agentLoginDBID: 200, wrapupTime: 30 }],
          skillLevels: [{ skillDBID: 300, level: 7 }],
        },
      },
    ],
  };
  return parseSite(JSON.stringify({ users: [labUser], objects }));
}

/** The switch of a tenant. Switches and T-Servers are numbered by their tenants: the first ones are 100 and 10. */
function switchObjects(tenantDBID: number, port: number, dns: readonly SwitchDn[]) {
  const [switchDBID, TServerDBID] = [99 + tenantDBID, 9 + tenantDBID];
  const name = tenantDBID === 1 ? 'SIPServer' : `SIPServer${tenantDBID}`;
  return {
    application: { DBID: TServerDBID, name, type: 1, serverInfo: { hostDBID: 1, port } },
    switch: { DBID: switchDBID, tenantDBID, name: 'Lab', type: 72, TServerDBID },
    dns: dns.map(({ number, type, options }, index) => ({
      DBID: tenantDBID * 1_000 + index,
      switchDBID,
      tenantDBID,
      type: typeNumbers[type],
      number,
      userProperties: { TServer: options },
    })),
  };
}
