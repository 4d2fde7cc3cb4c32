// Messages as a proxy passes them on (RFC 3261 §16.6, §16.7). No Record-Route: what comes later in the dialog does not pass here.

import { type Header, headerValue, parseSipUri, type SipRequest, type SipResponse, splitList } from '#src/sip';
import { type Flow, viaLine } from '#src/sip/edge';

const forwardsDefault = 70;

/** Whether a request has been passed on too often (RFC 3261 §16.3). */
export function isExhausted({ headers }: SipRequest): boolean {
  return headerValue(headers, 'Max-Forwards') === '0';
}

/** A request on its way to `requestUri` over `flow`. Routes end here: who is chosen is the last hop. */
export function forwardedRequest(request: SipRequest, requestUri: string, flow: Flow, branch: string): SipRequest {
  const forwards = headerValue(request.headers, 'Max-Forwards');
  const left = forwards === undefined ? forwardsDefault : Number(forwards) - 1;
  const kept = request.headers.filter(({ name }) => name !== 'Route' && name !== 'Max-Forwards');
  const headers = [viaLine(flow, branch), { name: 'Max-Forwards', value: String(left) }, ...kept];
  return { ...request, uri: requestUri, headers };
}

/** A response without our Via, which is the top one; undefined when it was the only one. */
export function forwardedResponse(response: SipResponse): SipResponse | undefined {
  const at = response.headers.findIndex(({ name }) => name === 'Via');
  const others = splitList(response.headers[at]?.value ?? '').slice(1);
  const rest: Header[] = others.length === 0 ? [] : [{ name: 'Via', value: others.join(', ') }];
  const headers = [...response.headers.slice(0, at), ...rest, ...response.headers.slice(at + 1)];
  return headers.some(({ name }) => name === 'Via') ? { ...response, headers } : undefined;
}

/**
 * A Request-URI at another host: user part and parameters stay, for they say what is recorded. Without an `@` host and user part cannot
 * be told apart, and nothing is changed.
 */
export function requestUriAt(uri: string, place: string): string {
  const target = parseSipUri(place);
  const parts = /^(sips?:[^@]*@)[^;?]*(.*)$/i.exec(uri);
  if (!target || !parts) return uri;
  return `${parts[1]}${target.host}${target.port === undefined ? '' : `:${target.port}`}${parts[2]}`;
}
