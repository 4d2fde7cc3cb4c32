// Requests inside of dialogs: completed for applications, and those the edge sends on its own initiative.

import type { SipRequest } from '#src/sip';
import { serialiseMessage } from '#src/sip';
import { messageLeader } from './application-event.ts';
import { branchWith, dialogRequest } from './compose.ts';
import { type EdgeContext, tokenOf } from './context.ts';
import { pathOf } from './dialog.ts';
import type { Leg } from './legs.ts';
import { flowTo, overTcp } from './route.ts';
import type { Flow } from './transport.ts';

/** A request ready to go. */
export interface PreparedRequest {
  readonly request: SipRequest;
  readonly bytes: Buffer;
  readonly flow: Flow;
  /** The same over UDP, when it goes over TCP for its size alone and the peer takes no connection (RFC 3261 §18.1.1). */
  readonly overUdp?: PreparedRequest;
}

/** Writes a request for a flow. What is too large for UDP is written for TCP, which names itself in Via and Contact. */
export function prepare(
  { transports, limits, tally }: EdgeContext,
  flow: Flow,
  written: (flow: Flow) => SipRequest,
): PreparedRequest {
  const request = written(flow);
  const prepared = { request, bytes: serialiseMessage(request), flow };
  const isLarge = !flow.isReliable && prepared.bytes.length > limits.datagramBytesMax;
  const stream = isLarge ? overTcp(transports, flow) : undefined;
  if (!stream) return prepared;
  tally.requestsOverTcp += 1;
  const again = written(stream);
  return { request: again, bytes: serialiseMessage(again), flow: stream, overUdp: prepared };
}

/** Completes a request inside a dialog, or says why it cannot be sent. Its numbering stays as it is. */
export function prepareInDialog(
  context: EdgeContext,
  { dialog }: Leg,
  partial: SipRequest,
  sequence: number,
): PreparedRequest | { readonly reason: string } {
  const { uri, routes, nextHop } = pathOf(dialog);
  const flow = flowTo(context.transports, nextHop);
  if ('reason' in flow) return flow;
  const settings = {
    branch: branchWith(tokenOf(context.random)),
    uri,
    routes,
    from: dialog.local,
    to: dialog.remote,
    callId: dialog.callId,
    sequence,
  };
  return prepare(context, flow, (way) => dialogRequest(partial, { ...settings, flow: way }));
}

/** A request with nothing in it but its method. */
export function bareRequest(method: string, headers: SipRequest['headers'] = []): SipRequest {
  return { type: 'request', method, uri: '', headers, body: Buffer.alloc(0) };
}

/** Sends a BYE whose answer nobody waits for. */
export function sendBye(
  context: EdgeContext,
  leg: Leg,
  headers: SipRequest['headers'] = [],
): PreparedRequest | undefined {
  const prepared = prepareInDialog(context, leg, bareRequest('BYE', headers), leg.dialog.localSequence + 1);
  if ('reason' in prepared) return undefined;
  const { request, bytes, flow } = prepared;
  context.transactions.send(request, bytes, flow, { response: () => {}, failed: () => {} });
  return prepared;
}

/** Ends a dialog on the edge's own initiative and tells its application, which is not to answer ("unsolicited"). */
export function hangUp(context: EdgeContext, leg: Leg, reason: string): void {
  context.legs.remove(leg);
  const sent = sendBye(context, leg, [{ name: 'Reason', value: reason }]);
  if (!sent) return;
  const note = {
    bytes: sent.bytes.length,
    protocol: sent.flow.protocol,
    peer: sent.flow.local,
    timeMs: context.clock.nowMs(),
    transactionId: 'unsolicited',
    dialogId: leg.dialog.id,
  };
  leg.owner.send(messageLeader(context.random.uuid(), 'application', note), sent.bytes);
}
