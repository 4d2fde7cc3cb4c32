// Our end of a link to a telephony server: connected to its primary or backup, introduced, DNs registered in a bounded window,
// and after every reconnect brought up to date. Must never let one bad event cost more than itself.

import { TwinreelError } from '#src/errors';
import { type Clock, systemClock, type Timer } from '#src/ports';
import {
  type ClientTls,
  type Endpoint,
  type Outcome,
  PendingRequests,
  StandingConnection,
  type WireLimits,
} from '#src/wire';
import { type AttributesOf, type MessageOf, parseEvent, type SomeMessage, type TLibEvent } from './message.schema.ts';
import { errorOf, isAnswer, requestOf } from './message.ts';
import type { RequestName } from './messages.protocol.ts';
import { protocolVersion } from './numbers.protocol.ts';
import type { LinkState, RequestAttributes, TLibListener, TLibPort } from './port.ts';
import { type RegistrationProgress, type RegistrationStep, Registrations } from './registrations.ts';

export interface TLibLinkOptions {
  /** Primary first, then backup. */
  readonly servers: readonly Endpoint[];
  readonly tls?: ClientTls;
  /** Client Identification and tenant password (guide ch. 4). */
  readonly client: { readonly name: string; readonly password?: string };
  /** An account on the server (guide ch. 3), where it wants one. */
  readonly user?: { readonly name: string; readonly password?: string };
  /** Reconnect Time; 30 s unless set. `never`: Reconnect Enabled is off. */
  readonly reconnectMs?: number | 'never';
  readonly requestMsMax?: number;
  readonly connectMsMax?: number;
  /** DNs that are registered at a time. */
  readonly windowMax?: number;
  /** Requests, other than registrations, that may wait for their answers. */
  readonly requestsMax?: number;
  readonly limits?: WireLimits;
  readonly clock?: Clock;
}

/** Counted since the link was made. */
export interface TLibCounters {
  connects: number;
  /** Connections that had stood and were lost. */
  losses: number;
  /** Attempts that failed: nobody there, or not let in. */
  failures: number;
  events: number;
  unknownEvents: number;
  /** Left out: no JSON, or not allowed by its schema. */
  malformed: number;
  requests: number;
  /** Requests that were answered by EventError. */
  refusals: number;
  timeouts: number;
}

const reconnectMsDefault = 30_000;

export class TLibLink implements TLibPort {
  readonly counters: TLibCounters = {
    connects: 0,
    losses: 0,
    failures: 0,
    events: 0,
    unknownEvents: 0,
    malformed: 0,
    requests: 0,
    refusals: 0,
    timeouts: 0,
  };
  readonly #options: TLibLinkOptions;
  readonly #listener: TLibListener;
  readonly #clock: Clock;
  readonly #connection: StandingConnection;
  readonly #pending: PendingRequests<TLibEvent>;
  readonly #registrations: Registrations;
  #state: LinkState;
  /** Answers to what was asked in an earlier round of registrations mean nothing in this one. */
  #round = 0;
  #settled: 'unsettled' | 'settled' = 'unsettled';
  #sweep: Timer | undefined;
  #retry: Timer | undefined;

  constructor(options: TLibLinkOptions, listener: TLibListener) {
    const { servers, tls, reconnectMs = reconnectMsDefault, connectMsMax, limits } = options;
    const { requestMsMax = 5_000, windowMax = 500, requestsMax = 10_000, clock = systemClock } = options;
    this.#options = options;
    this.#listener = listener;
    this.#clock = clock;
    this.#pending = new PendingRequests({ requestMsMax, countMax: windowMax + requestsMax + 1 });
    const retryMs = reconnectMs === 'never' ? reconnectMsDefault : reconnectMs;
    this.#registrations = new Registrations({ windowMax, retryMs });
    const redial = { reconnectMs: reconnectMs === 'never' ? undefined : reconnectMs, connectMsMax, limits };
    this.#connection = new StandingConnection(
      { servers, tls, clock, introduceMsMax: requestMsMax, ...redial },
      {
        introduce: () => this.#introduce(),
        value: (value) => this.#take(value),
        unreadable: (message) => this.#malformed(message),
        lost: (how) => this.#lost(how),
        changed: (standing) => standing.phase !== 'standing' && this.#become({ phase: 'down', standing }),
      },
    );
    this.#state = { phase: 'down', standing: this.#connection.standing };
  }

  /** Begins to connect. */
  open(): void {
    this.#connection.open();
  }

  close(): void {
    this.#connection.close();
    this.#state = { phase: 'down', standing: { phase: 'closed' } };
    this.#registrations.stop();
    this.#sweep?.cancel();
    this.#retry?.cancel();
    this.#pending.loseAll();
  }

  pause(): void {
    this.#connection.pause();
  }

  resume(): void {
    this.#connection.resume();
  }

  get state(): LinkState {
    return this.#state;
  }

  get registrations(): RegistrationProgress {
    return this.#registrations.progress;
  }

  watch(dns: Iterable<string>): void {
    this.#registrations.want(dns);
    this.#settled = 'unsettled';
    this.#pump();
  }

  unwatch(dns: Iterable<string>): void {
    this.#registrations.drop(dns);
    this.#settled = 'unsettled';
    this.#pump();
  }

  query(dn: string): void {
    const step = this.#registrations.query(dn);
    if (step) this.#follow(step);
  }

  request<Name extends RequestName>(message: Name, attributes: RequestAttributes<Name>): Promise<TLibEvent> {
    return new Promise((resolve, reject) => {
      if (this.#state.phase !== 'up') {
        reject(new TwinreelError('cti-unreachable', `${message} cannot be sent: the link is down`, { message }));
        return;
      }
      this.#send(requestOf(message, attributes as AttributesOf<Name>), (outcome) => {
        if (outcome.outcome !== 'answered') reject(unanswered(message, outcome.outcome));
        else if (outcome.answer.message === 'EventError') reject(refused(message, outcome.answer));
        else resolve(outcome.answer);
      });
    });
  }

  #introduce(): void {
    const { client, user } = this.#options;
    const request = requestOf('RequestRegisterClient', {
      ApplicationName: client.name,
      ...(client.password !== undefined && { ApplicationPassword: client.password }),
      ...(user && { UserID: user.name, ...(user.password !== undefined && { Password: user.password }) }),
      ProtocolVersion: protocolVersion,
    });
    this.#send(request, (outcome) => {
      if (outcome.outcome !== 'answered') this.#connection.refused('no answer to RequestRegisterClient');
      else if (outcome.answer.message === 'EventError') this.#connection.refused(errorOf(outcome.answer));
      else this.#accepted();
    });
  }

  #accepted(): void {
    this.#connection.accepted();
    const { standing } = this.#connection;
    if (standing.phase !== 'standing') return;
    this.counters.connects += 1;
    this.#become({ phase: 'up', server: standing.server, switchLink: 'unknown' });
  }

  #take(value: unknown): void {
    const event = parseEvent(value);
    if ('malformed' in event) {
      this.#malformed(event.malformed);
      return;
    }
    this.counters.events += 1;
    if (event.message === 'unknown') this.counters.unknownEvents += 1;
    const { ReferenceID: reference } = event.attributes;
    const isAwaited = reference !== undefined && this.#pending.answered(reference, event);
    if (!isAwaited || !isAnswer(event)) this.#tell(event);
    this.#pump();
  }

  #tell(event: TLibEvent): void {
    if (this.#state.phase !== 'up') return;
    if (event.message === 'EventLinkConnected') this.#switchIs('connected');
    if (event.message === 'EventLinkDisconnected') this.#switchIs('disconnected');
    if (event.message === 'EventUnregistered') {
      this.#registrations.lost(event.attributes.ThisDN, this.#clock.monotonicMs());
    }
    this.#listener.event(event);
  }

  #switchIs(switchLink: 'connected' | 'disconnected'): void {
    if (this.#state.phase !== 'up') return;
    this.#newRound();
    if (switchLink === 'connected') this.#registrations.start();
    else this.#registrations.stop();
    this.#become({ ...this.#state, switchLink });
  }

  #newRound(): void {
    this.#round += 1;
    this.#settled = 'unsettled';
  }

  #lost({ stood, why }: { readonly stood: boolean; readonly why: string }): void {
    this.counters[stood ? 'losses' : 'failures'] += 1;
    this.#newRound();
    this.#state = { phase: 'down', standing: this.#connection.standing };
    this.#registrations.stop();
    this.#pending.loseAll();
    this.#listener.fault(new TwinreelError('cti-unreachable', `${stood ? 'lost' : 'no link to'} ${why}`));
  }

  /** Asks as much as the window lets. */
  #pump(): void {
    for (;;) {
      const step = this.#registrations.next(this.#clock.monotonicMs());
      if (!step) break;
      this.#follow(step);
    }
    this.#watchRetry();
    if (this.#settled === 'settled' || !this.#isSwitchThere() || !this.#registrations.isSettled) return;
    this.#settled = 'settled';
    this.#listener.settled(this.#registrations.progress);
  }

  #isSwitchThere(): boolean {
    return this.#state.phase === 'up' && this.#state.switchLink === 'connected';
  }

  #follow(step: RegistrationStep): void {
    switch (step.step) {
      case 'ask':
        this.#ask(step.dn, step.request);
        break;
      case 'stands':
        this.#listener.dnState(step.state);
        break;
      case 'refused':
        this.#listener.fault(new TwinreelError('cti-refused', `DN ${step.dn} is not registered: ${step.why}`, step));
        break;
      case 'left':
        break;
    }
  }

  #ask(dn: string, request: SomeMessage): void {
    const round = this.#round;
    this.#send(request, (outcome) => {
      if (round !== this.#round) return;
      const step = this.#registrations.answered(dn, outcome, this.#clock.monotonicMs());
      if (step) this.#follow(step);
    });
  }

  #send(request: SomeMessage, settle: (outcome: Outcome<TLibEvent>) => void): void {
    const { requestMsMax = 5_000 } = this.#options;
    const reference = this.#pending.begin(this.#clock.monotonicMs(), (outcome) => {
      if (outcome.outcome === 'timed-out') this.counters.timeouts += 1;
      if (outcome.outcome === 'answered' && outcome.answer.message === 'EventError') this.counters.refusals += 1;
      settle(outcome);
    });
    if (reference === undefined) {
      settle({ outcome: 'lost' });
      return;
    }
    this.counters.requests += 1;
    this.#connection.send({ ...request, attributes: { ...request.attributes, ReferenceID: reference } });
    this.#sweep ??= this.#clock.after(requestMsMax, () => this.#expire());
  }

  #expire(): void {
    const nowMs = this.#clock.monotonicMs();
    const nextMs = this.#pending.expire(nowMs);
    this.#sweep = nextMs === undefined ? undefined : this.#clock.after(nextMs - nowMs, () => this.#expire());
    this.#pump();
  }

  #watchRetry(): void {
    const atMs = this.#registrations.retryAtMs;
    if (atMs === undefined || this.#retry) return;
    this.#retry = this.#clock.after(Math.max(0, atMs - this.#clock.monotonicMs()), () => {
      this.#retry = undefined;
      this.#settled = 'unsettled';
      this.#pump();
    });
  }

  #malformed(why: string): void {
    this.counters.malformed += 1;
    this.#listener.fault(new TwinreelError('cti-message-malformed', `an event is left out: ${why}`));
  }

  #become(state: LinkState): void {
    this.#state = state;
    this.#listener.link(state);
  }
}

function unanswered(message: string, outcome: 'timed-out' | 'lost'): TwinreelError {
  return outcome === 'timed-out'
    ? new TwinreelError('cti-timed-out', `no answer to ${message} in time`, { message })
    : new TwinreelError(
        'cti-unreachable',
        `${message} will not be answered: the link was lost, or too many requests wait`,
        {
          message,
        },
      );
}

function refused(message: string, error: MessageOf<'EventError'>): TwinreelError {
  const { ErrorCode: errorCode } = error.attributes;
  return new TwinreelError('cti-refused', `${message} was refused: ${errorOf(error)}`, { message, errorCode });
}
