// A dialog of RFC 3261 §12: who the two ends are, how requests inside of it are numbered and where they go. Immutable; the
// functions give the next one.

import {
  type Essentials,
  headerValue,
  isLooseRouter,
  parseAddress,
  parseSipUri,
  type SipRequest,
  type SipResponse,
  splitList,
} from '#src/sip';
import { recordedRoutes } from './compose.ts';

export interface Dialog {
  /** How applications call it: Call-ID and tag of the caller, whichever side we are. */
  readonly id: string;
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
  /** From and To of our requests, tags included. */
  readonly local: string;
  readonly remote: string;
  /** Number of our last request; of the peer's last one, when there was one. */
  readonly localSequence: number;
  readonly remoteSequence: number | undefined;
  /** Route values, first hop first. */
  readonly routeSet: readonly string[];
  /** Where requests go: the URI of the peer's Contact. */
  readonly remoteTarget: string;
}

/** The id applications know a dialog by. */
export function dialogIdOf(callId: string, callerTag: string): string {
  return `${callId};from-tag=${callerTag}`;
}

/** The dialog an answer of ours opens (RFC 3261 §12.1.1); `response` is as it goes out. */
export function dialogAsCallee(
  request: SipRequest,
  essentials: Essentials,
  response: SipResponse,
  localTag: string,
): Dialog {
  return {
    id: dialogIdOf(essentials.callId, essentials.fromTag),
    callId: essentials.callId,
    localTag,
    remoteTag: essentials.fromTag,
    local: headerValue(response.headers, 'To') ?? '',
    remote: headerValue(request.headers, 'From') ?? '',
    localSequence: essentials.sequence,
    remoteSequence: essentials.sequence,
    routeSet: recordedRoutes(request.headers),
    remoteTarget: contactUri(request) ?? essentials.from.uri,
  };
}

/** The dialog a peer's answer opens (RFC 3261 §12.1.2). */
export function dialogAsCaller(request: SipRequest, response: SipResponse, answer: Essentials): Dialog {
  return {
    id: dialogIdOf(answer.callId, answer.fromTag),
    callId: answer.callId,
    localTag: answer.fromTag,
    remoteTag: answer.toTag,
    local: headerValue(request.headers, 'From') ?? '',
    remote: headerValue(response.headers, 'To') ?? '',
    localSequence: answer.sequence,
    remoteSequence: undefined,
    routeSet: recordedRoutes(response.headers).reverse(),
    remoteTarget: contactUri(response) ?? request.uri,
  };
}

/** The dialog after a target refresh (RFC 3261 §12.2.1.2, §12.2.2): the peer's Contact, when it gives one. */
export function refreshed(dialog: Dialog, message: SipRequest | SipResponse): Dialog {
  return { ...dialog, remoteTarget: contactUri(message) ?? dialog.remoteTarget };
}

/** Request-URI, Route lines and next hop of a request inside the dialog (RFC 3261 §12.2.1.1). */
export function pathOf(dialog: Dialog): {
  readonly uri: string;
  readonly routes: readonly string[];
  readonly nextHop: string;
} {
  const [first, ...others] = dialog.routeSet;
  if (first === undefined) return { uri: dialog.remoteTarget, routes: [], nextHop: dialog.remoteTarget };
  const nextHop = parseAddress(first)?.uri ?? first;
  const hop = parseSipUri(nextHop);
  if (!hop || isLooseRouter(hop)) return { uri: dialog.remoteTarget, routes: dialog.routeSet, nextHop };
  // A strict router of RFC 2543 wants itself in the Request-URI and the target as the last route.
  return { uri: nextHop, routes: [...others, `<${dialog.remoteTarget}>`], nextHop };
}

function contactUri(message: SipRequest | SipResponse): string | undefined {
  const first = splitList(headerValue(message.headers, 'Contact') ?? '')[0];
  return first === undefined ? undefined : parseAddress(first)?.uri;
}
