// A connection that is kept: dialled, introduced, and when it is lost tried again at the next server. What is said on it is
// its owner's business, also the introduction. Must never dial two servers at a time, nor call its owner after `close`.

import type { Clock, Timer } from '#src/ports';
import { type CloseReason, WireConnection, type WireLimits, type WireReceiver, wireLimits } from './connection.io.ts';
import { type Dialled, dial } from './dial.io.ts';
import { type ClientTls, type Endpoint, textOfEndpoint } from './endpoint.ts';
import { Redial } from './redial.ts';

/** Where a connection stands. */
export type Standing =
  | { readonly phase: 'waiting'; readonly untilMs: number }
  | { readonly phase: 'dialling' | 'introducing' | 'standing'; readonly server: Endpoint }
  /** Reconnecting is off and every server has failed, or a connection that stood was lost. */
  | { readonly phase: 'given-up' | 'closed' };

/** What the owner of a connection does and hears. All of it in the order in which it happens. */
export interface Tenant {
  /** Connected: introduce us, then call `accepted`, or `refused`; within `introduceMsMax`. */
  introduce(connection: WireConnection, server: Endpoint): void;
  value(value: unknown): void;
  /** A frame that is no JSON was left out. */
  unreadable(message: string): void;
  /** A connection is gone: `stood` when it had been accepted. */
  lost(how: { readonly stood: boolean; readonly server: Endpoint; readonly why: string }): void;
  /** `standing()` says something else now. */
  changed(standing: Standing): void;
}

export interface StandingConnectionOptions {
  /** In the order of preference: primary, backup. At least one. */
  readonly servers: readonly Endpoint[];
  readonly tls?: ClientTls | undefined;
  readonly clock: Clock;
  /** `undefined`: do not reconnect. */
  readonly reconnectMs: number | undefined;
  readonly connectMsMax?: number | undefined;
  readonly introduceMsMax?: number | undefined;
  readonly limits?: WireLimits | undefined;
}

export class StandingConnection {
  readonly #options: StandingConnectionOptions;
  readonly #tenant: Tenant;
  readonly #redial: Redial;
  #standing: Standing = { phase: 'waiting', untilMs: 0 };
  #connection: WireConnection | undefined;
  /** Stops what is under way: waiting, dialling, or the time for the introduction. */
  #stop: () => void = () => {};

  constructor(options: StandingConnectionOptions, tenant: Tenant) {
    const { servers, reconnectMs } = options;
    if (servers.length === 0) throw new Error('a connection needs a server to dial');
    this.#options = options;
    this.#tenant = tenant;
    this.#redial = new Redial({ serverCount: servers.length, reconnectMs });
  }

  /** Begins; everything further comes through the tenant. */
  open(): void {
    this.#next();
  }

  get standing(): Standing {
    return this.#standing;
  }

  /** Sends on the connection there is; false when there is none. */
  send(value: unknown): boolean {
    return this.#connection?.send(value) ?? false;
  }

  /** As {@link WireConnection.pause}, for the connection there is; another one begins anew. */
  pause(): void {
    this.#connection?.pause();
  }

  resume(): void {
    this.#connection?.resume();
  }

  /** We were let in. */
  accepted(): void {
    if (this.#standing.phase !== 'introducing') return;
    this.#stop();
    this.#become({ phase: 'standing', server: this.#standing.server });
  }

  /** We were not let in, for this reason: the connection ends, the next server is tried. */
  refused(why: string): void {
    if (this.#standing.phase === 'introducing') this.#drop(why);
  }

  /** Ends it for good. */
  close(): void {
    if (this.#standing.phase === 'closed') return;
    this.#stop();
    this.#standing = { phase: 'closed' };
    const connection = this.#connection;
    this.#connection = undefined;
    connection?.close();
  }

  #next(): void {
    const { clock, servers } = this.#options;
    const step = this.#redial.next();
    if (step.step === 'give-up') {
      this.#become({ phase: 'given-up' });
      return;
    }
    const delayMs = step.atMs - clock.monotonicMs();
    const server = servers[step.server]!;
    if (delayMs <= 0) {
      this.#dial(server);
      return;
    }
    const timer = clock.after(delayMs, () => this.#dial(server));
    this.#stop = () => timer.cancel();
    this.#become({ phase: 'waiting', untilMs: clock.nowMs() + delayMs });
  }

  #dial(server: Endpoint): void {
    const { clock, tls, connectMsMax = 5_000 } = this.#options;
    this.#redial.dialled(clock.monotonicMs());
    this.#stop = dial({ endpoint: server, tls, clock, connectMsMax }, (dialled) => this.#dialled(server, dialled));
    this.#become({ phase: 'dialling', server });
  }

  #dialled(server: Endpoint, dialled: Dialled): void {
    const { clock, limits = wireLimits, introduceMsMax = 5_000 } = this.#options;
    if ('failure' in dialled) {
      this.#gone(server, 'dialling', dialled.failure);
      return;
    }
    const attend = (connection: WireConnection): WireReceiver => ({
      value: (value) => this.#connection === connection && this.#tenant.value(value),
      unreadable: (fault) => this.#tenant.unreadable(fault.message),
      closed: (reason, detail) => this.#closed(connection, server, reason, detail),
    });
    const connection = new WireConnection(dialled.socket, attend, clock, limits);
    this.#connection = connection;
    const timer: Timer = clock.after(introduceMsMax, () => this.#drop(`no answer within ${introduceMsMax} ms`));
    this.#stop = () => timer.cancel();
    this.#become({ phase: 'introducing', server });
    this.#tenant.introduce(connection, server);
  }

  /** Ends the connection there is, as if it had been lost for this reason. */
  #drop(why: string): void {
    const { phase } = this.#standing;
    const connection = this.#connection;
    if (!connection || (phase !== 'introducing' && phase !== 'standing')) return;
    const { server } = this.#standing as { server: Endpoint };
    this.#connection = undefined;
    connection.close();
    this.#gone(server, phase, why);
  }

  #closed(connection: WireConnection, server: Endpoint, reason: CloseReason, detail: string): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    const { phase } = this.#standing;
    this.#gone(server, phase === 'standing' ? 'standing' : 'introducing', `${reason}: ${detail}`);
  }

  #gone(server: Endpoint, phase: 'dialling' | 'introducing' | 'standing', why: string): void {
    this.#stop();
    const stood = phase === 'standing';
    if (stood) this.#redial.lost();
    else this.#redial.failed(this.#options.clock.monotonicMs());
    this.#standing = { phase: 'waiting', untilMs: this.#options.clock.nowMs() };
    this.#tenant.lost({ stood, server, why: `${textOfEndpoint(server)}: ${why}` });
    if (!this.#isClosed()) this.#next();
  }

  #isClosed(): boolean {
    return this.#standing.phase === 'closed';
  }

  #become(standing: Standing): void {
    this.#standing = standing;
    this.#tenant.changed(standing);
  }
}
