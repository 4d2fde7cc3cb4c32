// What the configuration says of recording (guide ch. 6 and 7): options of the SIP Server's application, of its msml services, and
// service parameters of the tenant's IVR profile. What is absent has the switch's default, and what is wrong fails in the way
// the guide says. Pure.

import { parseSipUri } from '#src/sip';
import type { SwitchDn } from './dns.ts';

type Options = Readonly<Record<string, string>>;

/** What there is to read. */
export interface Configuration {
  /** Section `TServer` of the application. */
  readonly application: Options;
  readonly dns: readonly SwitchDn[];
  /** Name of the tenant: an msml service is its own by `subscription-id`. */
  readonly tenant: string;
  /** Section `gvp.service-parameters` of the default IVR profile. */
  readonly profile: Options;
}

/** A DN of type VoIP Service with `service-type=msml`: a way to the media server. */
export interface MsmlService {
  readonly dn: string;
  /** Where the resource manager is, or the media server itself. */
  readonly contact: { readonly address: string; readonly port: number };
  /** `refer-enabled` is `false`; else single-step transfers do not work. */
  readonly transfers: boolean;
  /** `make-call-rfc3725-flow` is `1`: who makes a call is asked for an offer. */
  readonly rfc3725: boolean;
  /** `ring-tone-on-make-call` is not `false`: who has a call made hears the tone while it rings. */
  readonly ringTone: boolean;
  /** `sip-hold-rfc3264` is `true`: hold is a direction, not an address of 0.0.0.0. */
  readonly rfc3264: boolean;
}

/** What a recording is given along. */
export interface RecordingProfile {
  readonly recdest?: string;
  readonly recdest2?: string;
  readonly recmediactl?: string;
}

export interface MsrOptions {
  /** Taken in turn; none: nothing can be recorded, and there are no conferences. */
  readonly services: readonly MsmlService[];
  /** Why a recording that is asked for is refused; undefined: it is not. */
  readonly refused?: string;
  /** What the media server is told of every recording. */
  readonly profile: RecordingProfile;
  /** `recording-filename`: its recordings bear this name, and nothing by which one could find their call. */
  readonly filename?: string;
  /** `record-consult-calls`: whether a DN with `record=true` is recorded in its consult calls, too. */
  readonly recordConsultCalls: boolean;
  /** A trunk with `record=true`: recordings are begun for whoever is outside. */
  readonly recordsOutside: boolean;
  /** What is configured and has no effect, or not the one that was meant. */
  readonly remarks: readonly string[];
}

export function readMsrOptions({ application, dns, tenant, profile }: Configuration): MsrOptions {
  const remarks: string[] = [];
  const flag = (name: string, otherwise: boolean): boolean => {
    const value = application[name]?.trim();
    if (value === 'true' || value === 'false') return value === 'true';
    if (value !== undefined && value !== '')
      remarks.push(`${name}=${value}: true or false is allowed; ${otherwise} is taken`);
    return otherwise;
  };
  const supports = flag('msml-support', false);
  const records = flag('msml-record-support', false);
  const byManager = flag('resource-management-by-rm', true);
  const services = supports ? dns.flatMap((dn) => serviceOf(dn, tenant, remarks)) : [];
  const refused = !supports
    ? 'msml-support is not true: there is no msml service'
    : services.length === 0
      ? 'no DN is an msml service that can be used'
      : records
        ? undefined
        : 'msml-record-support is not true: recordings are NETANN ones, which nobody can ask for';
  // The resource manager is who hands the service parameters of a profile on.
  if (!byManager) remarks.push('resource-management-by-rm is false: no IVR profile is applied to recordings');
  const filename = application['recording-filename']?.trim();
  return {
    services,
    ...(refused !== undefined && { refused }),
    profile: byManager ? profileOf(profile, remarks) : {},
    ...(filename && { filename }),
    recordConsultCalls: flag('record-consult-calls', false),
    recordsOutside: dns.some(({ type, options }) => type === 'trunk' && options['record'] === 'true'),
    remarks,
  };
}

/** None when it is no msml service, or one that lacks what is mandatory. */
function serviceOf({ number, type, options }: SwitchDn, tenant: string, remarks: string[]): MsmlService[] {
  if (type !== 'voip-service') return [];
  const unusable = (why: string) => {
    remarks.push(`${number} is no msml service that can be used: ${why}`);
    return [];
  };
  const said = (name: string) => (options[name] === undefined ? `${name} is missing` : `${name}=${options[name]}`);
  if (options['service-type'] !== 'msml') return unusable(`${said('service-type')}; msml is needed`);
  const uri = parseSipUri(options['contact'] ?? '');
  if (!uri) return unusable(`${said('contact')}; sip:<host>:<port> is needed`);
  if (options['prefix'] !== 'msml=') return unusable(`${said('prefix')}; msml= is needed`);
  if (options['subscription-id'] !== tenant) return unusable(`${said('subscription-id')}; ${tenant} is needed`);
  const ringTone = options['ring-tone-on-make-call'] !== 'false';
  if (ringTone)
    remarks.push(`${number}: ${said('ring-tone-on-make-call')}; a ring tone is played, where false is recommended`);
  const transfers = options['refer-enabled'] === 'false';
  if (!transfers) remarks.push(`${number}: ${said('refer-enabled')}; single-step transfers fail unless it is false`);
  return [
    {
      dn: number,
      contact: { address: uri.host, port: uri.port ?? 5060 },
      transfers,
      ringTone,
      rfc3725: options['make-call-rfc3725-flow'] === '1',
      rfc3264: options['sip-hold-rfc3264'] === 'true',
    },
  ];
}

/** A parameter that is not written `fixed,<value>` is not handed on. */
function profileOf(profile: Options, remarks: string[]): RecordingProfile {
  const read = ['recdest', 'recdest2', 'recmediactl'].flatMap((name): [string, string][] => {
    const value = profile[`recordingclient.${name}`];
    if (value === undefined) return [];
    const fixed = /^fixed,\s*(\S+)$/.exec(value.trim())?.[1];
    if (fixed !== undefined) return [[name, fixed]];
    remarks.push(`recordingclient.${name}=${value}: fixed,<value> is needed`);
    return [];
  });
  return Object.fromEntries(read);
}
