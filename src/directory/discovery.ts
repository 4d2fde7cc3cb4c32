// From the objects of a configuration server to what is to be monitored: tenant, switch, T-Server and its addresses, DNs. Of what
// is not monitored it says why. Pure.

import type { Endpoint } from '#src/wire';
import type { Directory } from './directory.ts';
import { applicationTypes, dnTypes, objectStates, switchTypes } from './numbers.protocol.ts';
import type { CfgApplication, CfgDN, CfgSwitch, CfgTenant } from './objects.schema.ts';

export interface DiscoveryRules {
  /** Names of the only tenants to connect to; absent: all (guide ch. 4, "Only connect to tenants listed below"). */
  readonly onlyTenants?: readonly string[];
  /** Whether ACD positions are monitored. The guide says both; they are unless this is off. */
  readonly acdPositions?: boolean;
  /** DN activity detection: whether the tenant's ranges let a DN in. Absent: every DN. */
  readonly isInRange?: (tenant: CfgTenant, number: string) => boolean;
}

/** Why something is not monitored. */
export type NotMonitored =
  | 'tenant-not-listed'
  | 'tenant-unknown'
  | 'tenant-disabled'
  | 'switch-unknown'
  | 'switch-disabled'
  | 'switch-not-sip'
  | 'switch-without-t-server'
  | 't-server-unknown'
  | 't-server-disabled'
  | 't-server-without-address'
  | 'dn-disabled'
  | 'dn-type'
  | 'acd-positions-off'
  | 'dn-out-of-range';

/** The same for a person. */
export const notMonitoredTexts: Readonly<Record<NotMonitored, string>> = {
  'tenant-not-listed': 'its tenant is not among the tenants to connect to',
  'tenant-unknown': 'its tenant is not in the configuration server, or may not be read',
  'tenant-disabled': 'its tenant is not enabled',
  'switch-unknown': 'its switch is not in the configuration server, or may not be read',
  'switch-disabled': 'its switch is not enabled',
  'switch-not-sip': 'its switch is not a SIP switch; only SIP T-Servers are supported',
  'switch-without-t-server': 'its switch has no T-Server',
  't-server-unknown': 'the T-Server of its switch is not in the configuration server, or is no T-Server',
  't-server-disabled': 'the T-Server of its switch is not enabled',
  't-server-without-address': 'the T-Server of its switch has no host, or no port',
  'dn-disabled': 'it is not enabled',
  'dn-type': 'its type is none of extension, ACD position, voice treatment port, trunk group',
  'acd-positions-off': 'ACD positions are switched off',
  'dn-out-of-range': 'the DN activity detection of its tenant leaves it out',
};

/** One switch with the T-Server that serves it, and the DNs to register there. */
export interface MonitoredSwitch {
  readonly tenant: CfgTenant;
  readonly switch: CfgSwitch;
  readonly tServer: CfgApplication;
  /** Primary, and backup where there is one. */
  readonly servers: readonly Endpoint[];
  readonly dns: readonly CfgDN[];
}

export interface Discovery {
  readonly monitored: readonly MonitoredSwitch[];
  readonly unmonitoredSwitches: readonly { readonly switch: CfgSwitch; readonly why: NotMonitored }[];
  readonly unmonitoredDns: readonly { readonly dn: CfgDN; readonly why: NotMonitored }[];
}

/** What is to be monitored, and what not. */
export function discover(directory: Directory, rules: DiscoveryRules = {}): Discovery {
  const byDbid = new Map(directory.all('CfgSwitch').map((one) => [one.DBID, serve(directory, one, rules)] as const));
  const dns = new Map<number, CfgDN[]>();
  const unmonitoredDns: { dn: CfgDN; why: NotMonitored }[] = [];
  for (const dn of directory.all('CfgDN')) {
    const served = byDbid.get(dn.switchDBID);
    const why = served ? judge(dn, served, rules) : 'switch-unknown';
    if (why !== undefined) unmonitoredDns.push({ dn, why });
    else if (dns.has(dn.switchDBID)) dns.get(dn.switchDBID)!.push(dn);
    else dns.set(dn.switchDBID, [dn]);
  }
  const served = [...byDbid.values()];
  return {
    monitored: served.flatMap((one) => ('why' in one ? [] : [{ ...one, dns: dns.get(one.switch.DBID) ?? [] }])),
    unmonitoredSwitches: served.flatMap((one) => ('why' in one ? [one] : [])),
    unmonitoredDns,
  };
}

/** Of every DN with this number: on which switch it is, and why it is not monitored (absent: it is). */
export function explainDn(
  directory: Directory,
  number: string,
  rules: DiscoveryRules = {},
): readonly { readonly dn: CfgDN; readonly switch?: CfgSwitch; readonly why?: NotMonitored }[] {
  return directory
    .all('CfgDN')
    .filter((dn) => dn.number === number)
    .map((dn) => {
      const found = directory.get('CfgSwitch', dn.switchDBID);
      if (!found) return { dn, why: 'switch-unknown' };
      const why = judge(dn, serve(directory, found, rules), rules);
      return why === undefined ? { dn, switch: found } : { dn, switch: found, why };
    });
}

type Served = Omit<MonitoredSwitch, 'dns'> | { readonly switch: CfgSwitch; readonly why: NotMonitored };

function serve(directory: Directory, one: CfgSwitch, { onlyTenants }: DiscoveryRules): Served {
  const not = (why: NotMonitored): Served => ({ switch: one, why });
  const tenant = directory.get('CfgTenant', one.tenantDBID);
  if (!tenant) return not('tenant-unknown');
  if (onlyTenants && !onlyTenants.includes(tenant.name)) return not('tenant-not-listed');
  if (tenant.state !== objectStates.enabled) return not('tenant-disabled');
  if (one.state !== objectStates.enabled) return not('switch-disabled');
  // A server that does not tell the type of a switch is believed about the T-Server.
  if (one.type !== undefined && one.type !== switchTypes.sip && one.type !== switchTypes.sipNetwork)
    return not('switch-not-sip');
  if (one.TServerDBID === 0) return not('switch-without-t-server');
  const tServer = directory.get('CfgApplication', one.TServerDBID);
  if (tServer?.type !== applicationTypes.tServer) return not('t-server-unknown');
  if (tServer.state !== objectStates.enabled) return not('t-server-disabled');
  const backup = directory.get('CfgApplication', tServer.serverInfo?.backupServerDBID ?? 0);
  const [primary, ...others] = [endpointOf(directory, tServer), backup && endpointOf(directory, backup)];
  if (!primary) return not('t-server-without-address');
  return { tenant, switch: one, tServer, servers: [primary, ...others.filter((other) => other !== undefined)] };
}

function judge(dn: CfgDN, served: Served, rules: DiscoveryRules): NotMonitored | undefined {
  if ('why' in served) return served.why;
  if (dn.state !== objectStates.enabled) return 'dn-disabled';
  if (!monitoredTypes.has(dn.type)) return 'dn-type';
  if (dn.type === dnTypes.acdPosition && rules.acdPositions === false) return 'acd-positions-off';
  return (rules.isInRange?.(served.tenant, dn.number) ?? true) ? undefined : 'dn-out-of-range';
}

const monitoredTypes: ReadonlySet<number> = new Set([
  dnTypes.extension,
  dnTypes.acdPosition,
  dnTypes.voiceTreatmentPort,
  dnTypes.trunkGroup,
]);

/** Where an application listens; undefined when its host or port is not known. */
export function endpointOf(directory: Directory, { serverInfo }: CfgApplication): Endpoint | undefined {
  const host = directory.get('CfgHost', serverInfo?.hostDBID ?? 0);
  if (!serverInfo || !host || serverInfo.port === 0) return undefined;
  return { host: host.IPaddress || host.name, port: serverInfo.port };
}

/** An option in the annex of a DN, a tenant, …: `undefined` when it is not there. */
export function optionOf(
  { userProperties }: { readonly userProperties: Readonly<Record<string, Readonly<Record<string, string>>>> },
  section: string,
  option: string,
): string | undefined {
  const options = Object.hasOwn(userProperties, section) ? userProperties[section] : undefined;
  return options && Object.hasOwn(options, option) ? options[option] : undefined;
}
