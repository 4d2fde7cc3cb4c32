// Requests inside of dialogs: completed for applications, and those the edge sends on its own initiative.

import type { SipRequest } from '#src/sip';
import { serialiseMessage } from '#src/sip';
import { messageLeader } from './application-event.ts';
import type { ApplicationSession } from './application-session.ts';
import { branchWith, dialogRequest } from './compose.ts';
import { type EdgeContext, tokenOf } from './context.ts';
import { pathOf } from './dialog.ts';
import type { Leg } from './legs.ts';
import { findWay, type NoWay, overTcp } from './route.ts';
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
  { transports, limits, tally }: Pick<EdgeContext, 'transports' | 'limits' | 'tally'>,
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

/** A request inside a dialog, with its CSeq number. */
export type DialogRequest = PreparedRequest & { readonly sequence: number };
/** A request inside a dialog that cannot be sent, as it would have been written. */
export type UnsentRequest = NoWay & { readonly request: SipRequest };

/**
 * Completes a request inside a dialog and hands it to `ready`, also when it cannot be sent: at once where the way is known,
 * later where a name has to be looked up. `next` numbers it behind all that went before.
 */
export function prepareInDialog(
  context: EdgeContext,
  leg: Leg,
  partial: SipRequest,
  numbering: number | 'next',
  ready: (prepared: DialogRequest | UnsentRequest) => void,
): void {
  findWay(context, pathOf(leg.dialog).nextHop, (way) => {
    const { dialog } = leg;
    const { uri, routes } = pathOf(dialog);
    const { local: from, remote: to, callId } = dialog;
    const sequence = numbering === 'next' ? dialog.localSequence + 1 : numbering;
    const branch = branchWith(tokenOf(context.random));
    const settings = { branch, uri, routes, from, to, callId, sequence };
    if (numbering === 'next') {
      leg.dialog = { ...dialog, localSequence: sequence };
      // A number may not be used twice, not even by a successor of this process; behind a BYE there is none.
      if (partial.method !== 'BYE') context.legs.keep(leg, 'now');
    }
    const written = (flow: Flow) => dialogRequest(partial, { ...settings, flow });
    ready(
      'reason' in way
        ? { ...way, request: written(nowhere(context)) }
        : { ...prepare(context, way, written), sequence },
    );
  });
}

/** A flow that leads nowhere, for what is written and not sent. */
export function nowhere({ transports }: Pick<EdgeContext, 'transports'>): Flow {
  const [transport] = transports;
  if (!transport) throw new Error('an edge without a transport was asked to send');
  const { protocol, local } = transport;
  return { protocol, isReliable: false, remote: { address: '', port: 0 }, local, send: () => {} };
}

/** A request with nothing in it but its method. */
export function bareRequest(method: string, headers: SipRequest['headers'] = []): SipRequest {
  return { type: 'request', method, uri: '', headers, body: Buffer.alloc(0) };
}

/** Sends a BYE whose answer nobody waits for; `done` has it in any case. */
export function sendBye(
  context: EdgeContext,
  leg: Leg,
  headers: SipRequest['headers'] = [],
  done: (bye: DialogRequest | UnsentRequest) => void = () => {},
): void {
  prepareInDialog(context, leg, bareRequest('BYE', headers), 'next', (bye) => {
    const ignore = { response: () => {}, failed: () => {} };
    if ('bytes' in bye) context.transactions.send(bye.request, bye.bytes, bye.flow, ignore);
    done(bye);
  });
}

/** Ends a dialog on the edge's own initiative and tells its application, which is not to answer ("unsolicited"). */
export function hangUp(context: EdgeContext, leg: Leg, reason: string): void {
  context.legs.remove(leg);
  sendBye(context, leg, [{ name: 'Reason', value: reason }], (bye) => {
    const { bytes, flow } = 'bytes' in bye ? bye : { bytes: serialiseMessage(bye.request), flow: nowhere(context) };
    const note = {
      bytes: bytes.length,
      protocol: flow.protocol,
      peer: flow.local,
      timeMs: context.clock.nowMs(),
      transactionId: 'unsolicited',
      dialogId: leg.dialog.id,
    };
    const tell = (session: ApplicationSession) =>
      session.send(messageLeader(context.random.uuid(), 'application', note), bytes);
    context.offers.offer(leg.owner, tell, () => {}, context.limits.byeReturnMsMax);
  });
}
