// The middle of an edge: takes messages from transports and commands from applications and gives each to the part whose
// business it is. No sockets here.

import type { Clock, Random } from '#src/ports';
import {
  costly,
  headerValue,
  type MessageReading,
  parameterValue,
  readEssentials,
  readMessage,
  requestFault,
  type SipMessage,
  stampTopVia,
  type Via,
} from '#src/sip';
import { Admission } from './admission.ts';
import type { SipCommand } from './application-command.ts';
import { type ApplicationLink, ApplicationSession, type SessionContext } from './application-session.ts';
import { Applications } from './applications.ts';
import type { EdgeContext } from './context.ts';
import { type EdgeCounters, type Refusal, Tally } from './counters.ts';
import { type DialogLedger, noLedger } from './dialog-ledger.ts';
import { Legs } from './legs.ts';
import type { EdgeLimits } from './limits.ts';
import { Names, noResolver, type Resolver } from './names.ts';
import { Offers } from './offers.ts';
import { Refresher } from './refresher.ts';
import { endWhenAbandoned, type LedgerContents, restoreCalls } from './restore.ts';
import { defaultPortOf } from './route.ts';
import { Transactions } from './transactions.ts';
import { type Flow, hostPortOf, type Transport, type TransportReceiver } from './transport.ts';
import { UserAgentClient } from './user-agent-client.ts';
import { UserAgentServer } from './user-agent-server.ts';

export interface SwitchboardOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly secret: string;
  readonly limits: EdgeLimits;
  /** Where calls are kept; without it they end with this object. */
  readonly ledger?: DialogLedger;
  /** Who knows the addresses of names; without it nobody does. */
  readonly resolver?: Resolver;
  /** Which share of the time since it was last asked this process was busy; default never. */
  busyShare?(): number;
  log(line: string): void;
}

export class Switchboard implements TransportReceiver {
  readonly #context: EdgeContext & { readonly transports: Transport[] };
  readonly #refresher: Refresher;
  readonly #server: UserAgentServer;
  readonly #client: UserAgentClient;
  readonly #sessions: SessionContext;
  #phase: 'open' | 'closed' = 'open';

  constructor(options: SwitchboardOptions) {
    const {
      clock,
      random,
      secret,
      limits,
      ledger = noLedger,
      resolver = noResolver,
      busyShare = () => 0,
      log,
    } = options;
    const tally = new Tally();
    const applications = new Applications();
    const offers = new Offers(clock, limits, applications);
    const facts = () => ({ ...this.#server.unanswered, queuedMs: this.#queuedMs, busyShare: busyShare() });
    this.#context = {
      admission: new Admission({ clock, limits, facts, fullForSeconds: () => applications.fullForSeconds, log }),
      clock,
      random,
      limits,
      tally,
      applications,
      transactions: new Transactions(clock, tally, limits),
      legs: new Legs(ledger),
      ledger,
      offers,
      names: new Names(resolver, clock),
      transports: [],
    };
    this.#refresher = new Refresher(this.#context);
    this.#client = new UserAgentClient(this.#context, this.#refresher);
    this.#server = new UserAgentServer(this.#context, this.#refresher);
    this.#sessions = {
      secret,
      clock,
      random,
      tally,
      limits,
      log,
      hostPorts: () => hostPortsOf(this.#context.transports),
      authenticated: () => offers.arrived(),
      routed: (session, verb) => {
        applications.route(session, verb);
        offers.arrived();
      },
      unrouted: (session, verb) => applications.unroute(session, verb),
      command: (session, command) => this.#command(session, command),
      closed: (session) => this.#closed(session),
    };
  }

  /** Takes up calls of an earlier life; before anything is received. */
  restore(contents: LedgerContents): void {
    restoreCalls(this.#context, { callee: this.#server.callee, refresher: this.#refresher }, contents);
  }

  /** A transport that listens from now on. */
  addTransport(transport: Transport): void {
    this.#context.transports.push(transport);
  }

  /** An application has connected; undefined when there are too many. */
  connect(link: ApplicationLink): ApplicationSession | undefined {
    const { applications, limits, tally } = this.#context;
    if (applications.size >= limits.connectionsMax) {
      tally.refuse('connections-full');
      return undefined;
    }
    const session = new ApplicationSession(link, this.#sessions);
    applications.add(session);
    return session;
  }

  unreadable(reason: Refusal, head: Buffer, status: number, flow: Flow): void {
    const { tally } = this.#context;
    tally.refuse(reason);
    if (head.length === 0 || isResponse(head)) return;
    tally.requestsReceived += 1;
    this.#refuseUnread(readMessage(stampTopVia(head, flow.remote)), flow, status);
  }

  received(datagram: Buffer, flow: Flow): void {
    // Line ends before a message mean nothing (RFC 3261 §7.5); nothing else is a peer's keep-alive.
    let start = 0;
    while (datagram[start] === 0x0d || datagram[start] === 0x0a || datagram[start] === 0) start += 1;
    if (start === datagram.length) return;
    const bytes = start === 0 ? datagram : datagram.subarray(start);
    if (isResponse(bytes)) {
      this.#response(bytes, flow);
      return;
    }
    this.#context.tally.requestsReceived += 1;
    if (this.#server.isAckOfRefusal(bytes)) return;
    const glance = this.#server.glance(bytes, flow);
    if (glance !== 'refused') this.#request(stampTopVia(bytes, flow.remote), flow, glance === 'let-in');
  }

  refused(reason: Refusal): void {
    this.#context.tally.refuse(reason);
  }

  counters(): EdgeCounters {
    const { tally, transactions, legs, applications, transports, admission } = this.#context;
    return {
      requestsReceived: tally.requestsReceived,
      responsesReceived: tally.responsesReceived,
      requestsSent: tally.requestsSent,
      requestsOverTcp: tally.requestsOverTcp,
      responsesSent: tally.responsesSent,
      repeatsAbsorbed: tally.repeatsAbsorbed,
      repeatsSent: tally.repeatsSent,
      answersAbandoned: tally.answersAbandoned,
      refused: tally.refused,
      transactions: transactions.size,
      answers: transactions.answerCount,
      dialogs: legs.size,
      connections: applications.size,
      admittedShare: admission.share,
      streams: transports.reduce((sum, one) => sum + one.connections, 0),
    };
  }

  /** Stops: nothing is sent any more, connections are closed. */
  close(): void {
    const { transactions, legs, applications, offers } = this.#context;
    this.#phase = 'closed';
    this.#server.close();
    offers.close();
    legs.close();
    transactions.close();
    for (const session of applications.all()) session.close('the edge stops');
  }

  get #queuedMs(): number {
    return this.#context.transports.reduce((longest, { queuedMs }) => Math.max(longest, queuedMs), 0);
  }

  #request(bytes: Buffer, flow: Flow, isLetIn: boolean): void {
    const { tally, transactions } = this.#context;
    const reading = readMessage(bytes);
    const essentials =
      'message' in reading ? readEssentials(reading.message.headers, methodOf(reading.message)) : undefined;
    if (!('message' in reading) || reading.message.type !== 'request' || !essentials || 'missing' in essentials) {
      const problem = 'problem' in reading ? reading.problem : 'malformed';
      tally.refuse(problem === 'version' || problem === 'too-large' ? problem : 'malformed');
      this.#refuseUnread(reading, flow, problem === 'version' ? 505 : 400);
      return;
    }
    if (transactions.absorbs(reading.message, essentials, flow)) return;
    const fault = requestFault(reading.message);
    if (fault) {
      tally.refuse(fault.status === 416 ? 'unknown-scheme' : 'malformed');
      this.#refuseUnread(reading, flow, fault.status);
      return;
    }
    const sentByPort = essentials.via.port ?? defaultPortOf(flow.protocol);
    if (parameterValue(essentials.via.parameters, 'alias') !== undefined && isSentBy(essentials.via, flow)) {
      flow.serveAs?.(sentByPort);
    }
    this.#server.request(reading.message, essentials, flow.backTo?.(sentByPort) ?? flow, {
      bytes: wholeOf(reading.message, bytes),
      isLetIn,
    });
  }

  /** A Via that can be read is enough to say no; an ACK is never answered. */
  #refuseUnread(reading: MessageReading, flow: Flow, status: number): void {
    const headers = 'message' in reading ? reading.message.headers : reading.headers;
    const isAck = 'message' in reading && methodOf(reading.message) === 'ACK';
    if (isAck || headerValue(headers, 'Via') === undefined || flow.remote.port === 0) return;
    this.#server.refuseStateless(headers, flow, status);
  }

  #response(bytes: Buffer, flow: Flow): void {
    const { tally, transactions } = this.#context;
    tally.responsesReceived += 1;
    const reading = readMessage(bytes);
    const essentials = 'message' in reading ? readEssentials(reading.message.headers) : undefined;
    const isReadable = 'message' in reading && !costly(reading.message.headers);
    if (!isReadable || reading.message.type !== 'response' || !essentials || 'missing' in essentials) {
      tally.refuse('malformed');
      return;
    }
    const whole = wholeOf(reading.message, bytes);
    const response = { ...reading.message, bytes: whole, essentials, peer: flow.remote };
    if (transactions.receive(response)) return;
    const isAccepted = essentials.sequenceMethod === 'INVITE' && response.status >= 200 && response.status < 300;
    if (!isAccepted || !this.#client.caller.acknowledgeAgain(response)) tally.refuse('stray-response');
  }

  #command(session: ApplicationSession, command: SipCommand): void {
    const reading = readMessage(command.message, 'rest');
    if ('problem' in reading) {
      session.refuse(command.id, `invalid message: ${reading.detail}`);
      return;
    }
    const { message } = reading;
    if (message.type === 'request') {
      this.#client.request(session, command, message);
      return;
    }
    if (command.transactionId === '') {
      session.reject(command.id, 'transaction id missing');
      return;
    }
    this.#server.respond(session, command.id, command.transactionId, message);
  }

  #closed(session: ApplicationSession): void {
    this.#context.applications.remove(session);
    if (this.#phase === 'closed') return;
    this.#client.releaseOwnedBy(session);
    this.#server.releaseShownTo(session);
    if (session.owner && this.#context.legs.ownedBy(session.owner).length > 0) {
      endWhenAbandoned(this.#context, session.owner);
    }
  }
}

function isResponse(bytes: Buffer): boolean {
  return (bytes[0]! | 0x20) === letterS && bytes.toString('latin1', 0, 8).toUpperCase() === 'SIP/2.0 ';
}

const letterS = 0x73;

/** Whether a Via names the very address it came from: nobody else's requests may be drawn here (RFC 5923 §9.1). */
function isSentBy({ host }: Via, { remote }: Flow): boolean {
  return host === remote.address || host === `[${remote.address}]`;
}

/** `tcp/127.0.0.1:5060,udp/127.0.0.1:5060`, in the order drachtio-server has. */
function hostPortsOf(transports: readonly Transport[]): string {
  const inOrder = (['tcp', 'udp', 'tls'] as const).flatMap((protocol) =>
    transports.filter((one) => one.protocol === protocol),
  );
  return inOrder.map((one) => `${one.protocol}/${hostPortOf(one.local)}`).join(',');
}

/** The bytes of a message, without what a datagram holds behind it (RFC 3261 §18.3). */
function wholeOf({ body }: SipMessage, bytes: Buffer): Buffer {
  return bytes.subarray(0, body.byteOffset - bytes.byteOffset + body.length);
}

function methodOf(message: SipMessage): string | undefined {
  return message.type === 'request' ? message.method : undefined;
}
