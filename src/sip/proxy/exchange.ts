// The middle of a proxy: takes messages from transports and gives each to its transaction, or begins one. No sockets here.

import type { Random } from '#src/ports';
import {
  costly,
  type Essentials,
  type Header,
  headerValue,
  parameterValue,
  parseVia,
  readEssentials,
  readMessage,
  requestFault,
  type SipRequest,
  serialiseMessage,
  splitList,
  stampTopVia,
} from '#src/sip';
import {
  branchWith,
  type Flow,
  findWay,
  hostPortOf,
  ownResponse,
  type ReceivedResponse,
  type Refusal as RefusedFor,
  type ServerTransaction,
  type TransportReceiver,
  tokenOf,
} from '#src/sip/edge';
import { forwardedRequest, forwardedResponse, isExhausted } from './forwarded.ts';
import { Forwarding, type ForwardingContext, refusalOf } from './forwarding.ts';
import type { Place, Refusal, Router, Way } from './way.ts';

const allowed: Header = { name: 'Allow', value: 'INVITE, ACK, BYE, CANCEL, OPTIONS' };
/** Of who has too much to do. */
const retryAfter: Header = { name: 'Retry-After', value: '5' };
/** The port that a Via without one means (RFC 3261 §18.2.2). */
const portDefault = 5060;

export class Exchange implements TransportReceiver {
  readonly #context: ForwardingContext;
  readonly #router: Router;
  readonly #random: Random;
  /** By the server transaction of their INVITE. */
  readonly #forwardings = new WeakMap<object, Forwarding>();

  constructor(context: ForwardingContext, router: Router) {
    this.#context = context;
    this.#router = router;
    this.#random = context.random;
  }

  received(bytes: Buffer, flow: Flow): void {
    // Nothing but line ends is a peer's keep-alive.
    const start = bytes.findIndex((byte) => byte !== 0x0d && byte !== 0x0a && byte !== 0);
    if (start < 0) return;
    const message = bytes.subarray(start);
    if (message.toString('latin1', 0, 8).toUpperCase() === 'SIP/2.0 ') this.#response(message, flow);
    else this.#request(stampTopVia(message, flow.remote), flow);
  }

  refused(reason: RefusedFor): void {
    this.#context.tally.refuse(reason);
  }

  unreadable(reason: RefusedFor): void {
    this.#context.tally.refuse(reason);
  }

  #request(bytes: Buffer, flow: Flow): void {
    const { tally, transactions, limits } = this.#context;
    tally.requestsReceived += 1;
    const reading = readMessage(bytes);
    const request = 'message' in reading && reading.message.type === 'request' ? reading.message : undefined;
    const essentials = request ? readEssentials(request.headers, request.method) : undefined;
    if (!request || !essentials || 'missing' in essentials) {
      tally.refuse('malformed');
      this.#refuseStateless('message' in reading ? reading.message.headers : reading.headers, 400, flow);
      return;
    }
    if (transactions.absorbs(request, essentials, flow)) return;
    const fault = requestFault(request);
    if (fault) tally.refuse(fault.status === 416 ? 'unknown-scheme' : 'malformed');
    if (request.method === 'ACK') {
      if (!fault) this.#acknowledged(request);
    } else if (fault) this.#refuseStateless(request.headers, fault.status, flow);
    else if (transactions.size >= limits.transactionsMax) {
      tally.refuse('transactions-full');
      this.#refuseStateless(request.headers, 503, flow, [retryAfter]);
    } else {
      const back = flow.backTo?.(essentials.via.port ?? portDefault) ?? flow;
      this.#serve(transactions.serve(request, essentials, back), essentials);
    }
  }

  #serve(server: ServerTransaction, essentials: Essentials): void {
    const { request } = server;
    const isInDialog = essentials.toTag !== '';
    if (request.method === 'CANCEL') this.#cancelled(server, essentials);
    else if (isExhausted(request)) this.#refuse(server, { status: 483, reason: 'Max-Forwards is 0' });
    else if (isInDialog) this.#forward(server, this.#wayInDialog(request));
    else if (request.method === 'INVITE') this.#forward(server, this.#router.way(request));
    else if (request.method === 'OPTIONS') server.respond(this.#own(request, 200));
    else this.#refuse(server, { status: 405, reason: `${request.method} has no business here` });
  }

  #forward(server: ServerTransaction, way: Way | Refusal): void {
    if ('status' in way) this.#refuse(server, way);
    else this.#forwardings.set(server, new Forwarding(server, way, this.#context));
  }

  #wayInDialog(request: SipRequest): Way | Refusal {
    const place = this.#router.inDialog(request);
    if (!place) {
      this.#context.tally.refuse('no-dialog');
      return { status: 481, reason: 'requests inside of dialogs go to their peer' };
    }
    return onlyTo(place);
  }

  #cancelled(cancel: ServerTransaction, essentials: Essentials): void {
    const invite = this.#context.transactions.inviteOf(cancel.request, essentials);
    if (!invite) {
      this.#context.tally.refuse('no-transaction');
      cancel.respond(this.#own(cancel.request, 481));
      return;
    }
    cancel.respond(this.#own(cancel.request, 200));
    this.#forwardings.get(invite)?.cancel();
  }

  /** The ACK of a 2xx should go past us. One that does not is helped on its way, once. */
  #acknowledged(request: SipRequest): void {
    const place = this.#router.inDialog(request);
    if (!place || isExhausted(request)) {
      this.#context.tally.refuse('stray-ack');
      return;
    }
    findWay(this.#context, place.uri, (flow) => {
      if ('reason' in flow) return;
      const ack = forwardedRequest(request, place.requestUri, flow, branchWith(tokenOf(this.#random)));
      flow.send(serialiseMessage(ack));
    });
  }

  #response(bytes: Buffer, flow: Flow): void {
    const { tally, transactions } = this.#context;
    tally.responsesReceived += 1;
    const reading = readMessage(bytes);
    const message = 'message' in reading && !costly(reading.message.headers) ? reading.message : undefined;
    const essentials = message ? readEssentials(message.headers) : undefined;
    if (message?.type !== 'response' || !essentials || 'missing' in essentials) {
      tally.refuse('malformed');
      return;
    }
    const response: ReceivedResponse = { ...message, bytes, essentials, peer: flow.remote };
    if (!transactions.receive(response) && !this.#passOn(response)) tally.refuse('stray-response');
  }

  /** A 2xx to an INVITE of an earlier life of this process: its caller still waits for it (RFC 3261 §16.7, stateless). */
  #passOn(response: ReceivedResponse): boolean {
    const { status, essentials } = response;
    if (essentials.sequenceMethod !== 'INVITE' || status < 200 || status >= 300) return false;
    const passed = forwardedResponse(response);
    const via = passed && parseVia(splitList(headerValue(passed.headers, 'Via') ?? '')[0] ?? '');
    if (!via || !this.#isOurs(essentials)) return false;
    const address = (parameterValue(via.parameters, 'received') ?? via.host).replace(/[[\]]/g, '');
    const port = Number(parameterValue(via.parameters, 'rport') || via.port || portDefault);
    const place = hostPortOf({ address, port });
    findWay(this.#context, `sip:${place};transport=${via.transport.toLowerCase()}`, (flow) => {
      if (!('reason' in flow)) this.#context.transactions.sendStateless(serialiseMessage(passed), flow);
    });
    return true;
  }

  #isOurs({ via }: Essentials): boolean {
    return this.#context.transports.some(
      ({ local }) => local.port === (via.port ?? portDefault) && local.address === via.host.replace(/[[\]]/g, ''),
    );
  }

  #own(request: SipRequest, status: number) {
    return ownResponse(request.headers, status, tokenOf(this.#random), status === 481 ? [] : [allowed]);
  }

  #refuse(server: ServerTransaction, refusal: Refusal): void {
    server.respond(refusalOf(server.request, refusal, tokenOf(this.#random)));
  }

  /** Without a transaction: nothing is remembered of what cannot be served. */
  #refuseStateless(headers: readonly Header[], status: number, flow: Flow, lines: readonly Header[] = []): void {
    const isAck = /\bACK\s*$/i.test(headerValue(headers, 'CSeq') ?? '');
    if (isAck || headerValue(headers, 'Via') === undefined || flow.remote.port === 0) return;
    const response = ownResponse(headers, status, tokenOf(this.#random), lines);
    this.#context.transactions.sendStateless(serialiseMessage(response), flow);
  }
}

/** One place and no other; what comes of it interests nobody. */
function onlyTo(place: Place): Way {
  let places = [place];
  return {
    next: () => {
      const [first] = places;
      places = [];
      return first;
    },
    ended: () => {},
    refusal: () => ({ status: 408, reason: 'the recorder does not answer' }),
  };
}
