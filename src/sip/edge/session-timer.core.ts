// Session timers (RFC 4028): what two ends agree on, and when a session is to be refreshed or given up. Pure.

import { type Header, headerValue, parameterValue, parseParameters, type SipRequest } from '#src/sip';
import { knowsOption } from './option-tags.ts';

/** How a session is kept alive: one end refreshes it, else it is over. */
export interface SessionAgreement {
  readonly intervalSeconds: number;
  readonly refresher: 'us' | 'them';
}

/** No session is refreshed more often than this asks for (RFC 4028 §4). */
export const intervalSecondsMin = 90;
/** A year: what is longer is no timer. */
const intervalSecondsMax = 31_536_000;

const timerSupported: Header = { name: 'Supported', value: 'timer' };

/** A Session-Expires. The refresher is named by its part in the transaction that carries it. */
export interface SessionExpires {
  readonly seconds: number;
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** What a message says of its session's interval; undefined when nothing, or nothing that can be read. */
export function readSessionExpires(headers: readonly Header[]): SessionExpires | undefined {
  const value = headerValue(headers, 'Session-Expires');
  const seconds = readSeconds(value);
  if (value === undefined || seconds === undefined) return undefined;
  const refresher = parameterValue(parseParameters(value), 'refresher')?.toLowerCase();
  return { seconds, refresher: refresher === 'uac' || refresher === 'uas' ? refresher : undefined };
}

/**
 * Whether a request asks for an interval below our minimum and is to be told so by 422 (RFC 4028 §9). Outside of dialogs
 * only who knows timers is: for anybody else a proxy may have asked, and we go without a timer.
 */
export function isTooShort({ method, headers }: SipRequest, isInDialog: boolean): boolean {
  if (method !== 'INVITE' && method !== 'UPDATE') return false;
  const asked = readSessionExpires(headers);
  return asked !== undefined && asked.seconds < intervalSecondsMin && (isInDialog || knowsOption(headers, 'timer'));
}

/** What a 2xx of ours agrees to (RFC 4028 §9): the peer's wish, or what the application put into `answer`. */
export function agreeAsServer(request: readonly Header[], answer: readonly Header[]): SessionAgreement | undefined {
  const asked = readSessionExpires(request);
  const wished = readSessionExpires(answer);
  if ((!asked && !wished) || (asked && asked.seconds < intervalSecondsMin)) return undefined;
  const floor = Math.max(intervalSecondsMin, readSeconds(headerValue(request, 'Min-SE')) ?? 0);
  const wanted = Math.min(asked?.seconds ?? intervalSecondsMax, wished?.seconds ?? intervalSecondsMax);
  const canRefresh = knowsOption(request, 'timer');
  // A peer that knows no timers cannot be asked to refresh.
  const refresher = canRefresh ? (asked?.refresher ?? wished?.refresher ?? 'uac') : 'uas';
  return { intervalSeconds: Math.max(floor, wanted), refresher: refresher === 'uas' ? 'us' : 'them' };
}

/** The lines of that 2xx. */
export function linesAsServer({ intervalSeconds, refresher }: SessionAgreement): Header[] {
  const expires = {
    name: 'Session-Expires',
    value: `${intervalSeconds};refresher=${refresher === 'us' ? 'uas' : 'uac'}`,
  };
  return refresher === 'us' ? [expires] : [expires, { name: 'Require', value: 'timer' }];
}

/** What a peer's 2xx agrees to (RFC 4028 §7.2). */
export function agreeAsClient(response: readonly Header[]): SessionAgreement | undefined {
  const said = readSessionExpires(response);
  if (!said) return undefined;
  return {
    intervalSeconds: Math.max(intervalSecondsMin, said.seconds),
    refresher: said.refresher === 'uas' ? 'them' : 'us',
  };
}

/** The lines of a request of ours inside a session that has a timer: it stays as agreed. */
export function linesAsClient({ intervalSeconds, refresher }: SessionAgreement): Header[] {
  return [
    timerSupported,
    { name: 'Session-Expires', value: `${intervalSeconds};refresher=${refresher === 'us' ? 'uac' : 'uas'}` },
  ];
}

/** An application's request for a session, with the lines it may have left out. */
export function withSessionLines(partial: SipRequest, agreement: SessionAgreement | undefined): SipRequest {
  if (partial.method !== 'INVITE' && partial.method !== 'UPDATE') return partial;
  const asked = readSessionExpires(partial.headers);
  if (!asked && !agreement) return partial;
  const lines = agreement ? linesAsClient(agreement) : [timerSupported];
  const isThere = { Supported: knowsOption(partial.headers, 'timer'), 'Session-Expires': asked !== undefined };
  return {
    ...partial,
    headers: [...partial.headers, ...lines.filter(({ name }) => !isThere[name as keyof typeof isThere])],
  };
}

/** The interval a peer's 422 asks for. */
export function intervalAfterRefusal(agreed: SessionAgreement, response: readonly Header[]): SessionAgreement {
  const wanted = readSeconds(headerValue(response, 'Min-SE')) ?? 0;
  return { ...agreed, intervalSeconds: Math.max(agreed.intervalSeconds, wanted) };
}

/** When to refresh and when it is too late, counted from the last refresh (RFC 4028 §10). */
export function scheduleOf({ intervalSeconds, refresher }: SessionAgreement): {
  readonly refreshAfterMs: number | undefined;
  readonly endAfterMs: number;
} {
  return {
    refreshAfterMs: refresher === 'us' ? intervalSeconds * 500 : undefined,
    endAfterMs: (intervalSeconds - Math.min(32, intervalSeconds / 3)) * 1_000,
  };
}

function readSeconds(value: string | undefined): number | undefined {
  const digits = /^\s*(\d{1,10})\s*(?:;|$)/.exec(value ?? '')?.[1];
  return digits === undefined ? undefined : Math.min(Number(digits), intervalSecondsMax);
}
