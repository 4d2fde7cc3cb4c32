// The site of the lab: one tenant, one switch with its SIP Server, a few DNs and agents, as a configuration server tells of them.

import type { SwitchDn } from '#ops/lab/sip-server';
import { parseSite, type Site } from '#src/directory';

/** Numbers of the lab: nobody has them. */
export const labDns: readonly SwitchDn[] = ['7001', '7002', '7003', '7004'].map((number) => ({
  number,
  type: 'extension',
  options: {},
}));

export const labUser = { name: 'lab', password: 'lab', application: 'CallREC_GIM' } as const;

/** The site, with its SIP Server at `port` of loopback. */
export function labSite(port: number, dns: readonly SwitchDn[] = labDns): Site {
  const objects = {
    CfgTenant: [{ DBID: 1, name: 'Environment' }],
    CfgHost: [{ DBID: 1, name: 'lab', IPaddress: '127.0.0.1' }],
    CfgApplication: [{ DBID: 10, name: 'SIPServer', type: 1, serverInfo: { hostDBID: 1, port } }],
    CfgSwitch: [{ DBID: 100, tenantDBID: 1, name: 'Lab', type: 72, TServerDBID: 10 }],
    CfgDN: dns.map(({ number, options }, index) => ({
      DBID: 1_000 + index,
      switchDBID: 100,
      tenantDBID: 1,
      type: 1,
      number,
      userProperties: { TServer: options },
    })),
  };
  return parseSite(JSON.stringify({ users: [labUser], objects }));
}
