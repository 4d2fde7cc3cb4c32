// What becomes of a request to record a leg: under which id, in which form, to which recorders. Says why when nothing does. What was
// configured badly is no fault of the request: it is granted, and nothing is recorded (guide ch. 9 tells one from the other by GSIP_RECORD).

import type { MsrForm } from '#ops/lab/msr-source';
import { parseSipUri } from '#src/sip';
import type { LegFacts } from './leg-uri.core.ts';

/** What the media server was configured with, as the guide's chapter 6 names it. */
export interface RecordingSettings {
  /** `2` (default): a dialog for each party; else one dialog with two m-lines. With or without `fixed,`. */
  readonly recmediactl?: string | number;
  /** Where recordings go that do not say it themselves: `sip:<host>:<port>`, with or without `fixed,`. */
  readonly recdest?: string;
  /** Where a second, independent session goes. */
  readonly recdest2?: string;
  /** `sip.routset`: the way to every recorder, `<sip:<host>:<port>;lr>`. Without its angle brackets nothing is recorded. */
  readonly routset?: string;
}

/** A place where recordings go. */
export interface RecorderPlace {
  readonly address: string;
  readonly port: number;
}

/** A recording to be made. */
export interface RecordingPlan {
  readonly id: string;
  readonly callUuid: string;
  /** Who asked. */
  readonly recordDn: string;
  /** The recorded party, and who it talks to. */
  readonly dn: string;
  readonly otherDn: string;
  readonly form: MsrForm;
  /** One, or two with `recdest2`. */
  readonly recorders: readonly RecorderPlace[];
  /** The next hop to all of them. */
  readonly route?: string;
  /** `filename`: the recording bears a file's name, and no key of its call. */
  readonly keys: 'call' | 'none';
}

/** `refused`: the request is wrong. `failed`: it is granted and fails. `nowhere`: it is granted, and nobody ever hears of it. */
export type NoRecording = { readonly no: 'refused' | 'failed' | 'nowhere'; readonly reason: string };

/** The parameters of a request that matter here, by their names in lower case; see {@link parseMsml}. */
type Parameters = ReadonlyMap<string, string>;

/**
 * Plans the recording of `leg`, which talks to `otherDn`. `ownId` is the id when the request has none.
 * A request's own destinations go before the configured ones.
 */
export function planRecording(
  parameters: Parameters,
  settings: RecordingSettings,
  { leg, otherDn, ownId }: { readonly leg: LegFacts; readonly otherDn: string | undefined; readonly ownId: string },
): RecordingPlan | NoRecording {
  const destinations = [
    parameters.get('recdest') ?? settings.recdest,
    parameters.get('recdest2') ?? settings.recdest2,
  ].filter((one) => one !== undefined && one !== '');
  const filename = parameters.get('filename');
  const id = filename ?? parameters.get('id') ?? ownId;
  if (/[;@\s<>"?]/.test(id)) return { no: 'refused', reason: `id ${id}: a Request-URI cannot carry it` };
  if (destinations.length === 0) return { no: 'nowhere', reason: 'no recdest: nobody says where recordings go' };
  const recorders = destinations.map((one) => placeOf(one!));
  const unreadable = recorders.indexOf(undefined);
  if (unreadable >= 0)
    return { no: 'failed', reason: `recdest ${destinations[unreadable]}; sip:<host>:<port> is needed` };
  const route = settings.routset === undefined ? undefined : routeOf(settings.routset);
  if (route && 'reason' in route) return route;
  const dn = parameters.get('dn') ?? leg.dn;
  return {
    id,
    callUuid: parameters.get('calluuid') ?? leg.callUuid,
    recordDn: parameters.get('recorddn') ?? dn,
    dn,
    otherDn: parameters.get('otherdn') ?? otherDn ?? 'unknown',
    form:
      withoutFixed(String(parameters.get('recmediactl') ?? settings.recmediactl ?? 2)) === '2' ? 'per-party' : 'single',
    recorders: recorders as RecorderPlace[],
    keys: filename === undefined ? 'call' : 'none',
    ...route,
  };
}

/** Values of service parameters are written `fixed,<value>` (guide ch. 6). */
function withoutFixed(value: string): string {
  return value.replace(/^\s*fixed\s*,\s*/i, '').trim();
}

function placeOf(destination: string): RecorderPlace | undefined {
  const uri = parseSipUri(withoutFixed(destination).replace(/^(?!sips?:)/i, 'sip:'));
  return uri && { address: uri.host, port: uri.port ?? 5060 };
}

/** The guide on `sip.routset`: without `<` and `>` the recorder is not invited and recordings fail. */
function routeOf(routset: string): { readonly route: string } | NoRecording {
  const uri = /^\s*<\s*(sips?:[^<>\s]+)\s*>\s*$/i.exec(routset)?.[1];
  return uri === undefined || !parseSipUri(uri)
    ? { no: 'failed', reason: `sip.routset ${routset}; <sip:host:port;lr> with its angle brackets is needed` }
    : { route: uri };
}
