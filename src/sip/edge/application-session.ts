// One application's connection: nothing happens on it before it has authenticated. Reads commands, serves the small ones
// itself, hands SIP commands on. Never touches the socket: the link does.

import { createHash, timingSafeEqual } from 'node:crypto';
import { messageOf } from '#src/errors';
import type { Clock, Random, Timer } from '#src/ports';
import { type ApplicationCommand, type Room, readCommand, type SipCommand } from './application-command.ts';
import { doneLeader, refusedLeader } from './application-event.ts';
import { FrameReader, frameOf } from './application-frame.ts';
import type { Tally } from './counters.ts';
import type { EdgeLimits } from './limits.ts';
import { Owner } from './owner.ts';

/** The connection below. */
export interface ApplicationLink {
  /** Peer, for the log. */
  readonly name: string;
  write(frame: Buffer): void;
  /** Sends what is written and closes. */
  end(): void;
  /** Runs once the peer has had a turn to read what was written before: see {@link ApplicationSession.afterTurn}. */
  afterTurn(run: () => void): void;
}

/** What every session needs of the edge. */
export interface SessionContext {
  readonly secret: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly tally: Tally;
  readonly limits: EdgeLimits;
  log(line: string): void;
  /** `udp/127.0.0.1:5060,...`: where the edge listens. */
  hostPorts(): string;
  authenticated(session: ApplicationSession): void;
  routed(session: ApplicationSession, verb: string): void;
  unrouted(session: ApplicationSession, verb: string): void;
  command(session: ApplicationSession, command: SipCommand): void;
  closed(session: ApplicationSession): void;
}

/** What `authenticate` is told; the library wants v0.8.2 or later before it pings. */
export const serverVersion = 'v0.9.10-twinreel';

type SessionState =
  | { readonly phase: 'unauthenticated'; readonly timer: Timer }
  | { readonly phase: 'authenticated'; readonly owner: Owner }
  | { readonly phase: 'closed'; readonly owner?: Owner };

export class ApplicationSession {
  /** Verbs it wants, in lower case. */
  readonly routes = new Set<string>();
  /** New INVITEs it was shown and has not answered for good: {@link IncomingRequests} counts them. */
  invites = 0;
  #room: Room | undefined;
  readonly #link: ApplicationLink;
  readonly #context: SessionContext;
  readonly #reader: FrameReader;
  #state: SessionState;

  constructor(link: ApplicationLink, context: SessionContext) {
    this.#link = link;
    this.#context = context;
    this.#reader = new FrameReader(context.limits.frameBytesMax);
    const timer = context.clock.after(context.limits.authenticationMsMax, () => {
      context.tally.refuse('authentication-late');
      this.close('it did not authenticate in time');
    });
    this.#state = { phase: 'unauthenticated', timer };
  }

  get isOpen(): boolean {
    return this.#state.phase === 'authenticated';
  }

  /** It takes no new INVITE now: when to come again; undefined when it does. */
  get fullForSeconds(): number | undefined {
    const room = this.#room;
    return room !== undefined && this.invites >= room.calls ? room.retryAfterSeconds : undefined;
  }

  /** Tags it gave when it authenticated. */
  get tags(): readonly string[] {
    return this.owner?.tags ?? [];
  }

  /** The application it is a connection of, also when it is closed; undefined when it never authenticated. */
  get owner(): Owner | undefined {
    return this.#state.phase === 'unauthenticated' ? undefined : this.#state.owner;
  }

  /** Bytes from the application. */
  receive(chunk: Buffer): void {
    if (this.#state.phase === 'closed') return;
    try {
      for (const payload of this.#reader.push(chunk)) {
        this.#serve(readCommand(payload));
        if (this.#phase === 'closed') return;
      }
    } catch (error) {
      this.#context.tally.refuse('frame-invalid');
      this.close(messageOf(error));
    }
  }

  /** Tells the application something. */
  send(leader: string, message?: Buffer): void {
    if (this.#state.phase !== 'closed') this.#link.write(frameOf(leader, message));
  }

  /** A command is done. */
  done(commandId: string, fields: readonly string[] = [], message?: Buffer): void {
    this.send(doneLeader(this.#context.random.uuid(), commandId, fields), message);
  }

  /** A command cannot be done. */
  refuse(commandId: string, reason: string): void {
    this.send(refusedLeader(this.#context.random.uuid(), commandId, 'NOK', reason));
  }

  /** A command breaks the protocol: said so, and closed. */
  reject(commandId: string, reason: string): void {
    this.send(refusedLeader(this.#context.random.uuid(), commandId, 'NO', reason));
    this.close(reason);
  }

  /**
   * Runs after the application has had a turn of its event loop. drachtio-srf loses the response to a request when it comes
   * in the same segment as the request's own OK (its promise has not been taken up yet), so it is kept back for a turn.
   */
  afterTurn(run: () => void): void {
    this.#link.afterTurn(run);
  }

  close(reason: string): void {
    if (this.#state.phase === 'closed') return;
    this.#context.log(`application ${this.#link.name} disconnected: ${reason}`);
    this.#link.end();
    this.closed();
  }

  /** The connection is gone. */
  closed(): void {
    if (this.#state.phase === 'closed') return;
    if (this.#state.phase === 'unauthenticated') this.#state.timer.cancel();
    const { owner } = this;
    this.#state = { phase: 'closed', ...(owner && { owner }) };
    this.#context.closed(this);
  }

  // Read anew: serving a command may have closed the session.
  get #phase(): SessionState['phase'] {
    return this.#state.phase;
  }

  #serve(command: ApplicationCommand): void {
    if (command.type === 'authenticate') {
      this.#authenticate(command);
      return;
    }
    if (this.#state.phase !== 'authenticated') {
      this.#context.tally.refuse('not-authenticated');
      this.reject(command.id, 'not authenticated');
      return;
    }
    switch (command.type) {
      case 'route':
        this.#route(command.id, command.verb.toLowerCase());
        return;
      case 'remove-route':
        this.routes.delete(command.verb.toLowerCase());
        this.#context.unrouted(this, command.verb.toLowerCase());
        this.done(command.id);
        return;
      case 'ping':
        this.done(command.id, ['pong']);
        return;
      case 'room':
        this.#room = command.room;
        return;
      case 'sip':
        this.#context.command(this, command);
        return;
      case 'proxy':
        this.refuse(command.id, 'proxying is not supported');
        return;
      case 'invalid':
        this.reject(command.id, command.reason);
        return;
    }
  }

  #authenticate(command: ApplicationCommand & { type: 'authenticate' }): void {
    if (!isSameSecret(command.secret, this.#context.secret)) {
      this.#context.tally.refuse('wrong-secret');
      this.reject(command.id, 'incorrect secret');
      return;
    }
    if (this.#state.phase === 'unauthenticated') this.#state.timer.cancel();
    this.#state = { phase: 'authenticated', owner: new Owner(command.tags, this) };
    this.#context.log(`application ${this.#link.name} authenticated, tags: ${command.tags.join(', ') || 'none'}`);
    const hostPorts = this.#context.hostPorts();
    this.done(command.id, [hostPorts, serverVersion, hostPorts]);
    this.#context.authenticated(this);
  }

  #route(commandId: string, verb: string): void {
    const isNew = !this.routes.has(verb);
    if (verb.startsWith('cdr:')) {
      this.refuse(commandId, 'call detail records are not supported');
      return;
    }
    if (isNew && this.routes.size >= this.#context.limits.routesMax) {
      this.refuse(commandId, `at most ${this.#context.limits.routesMax} routes`);
      return;
    }
    this.routes.add(verb);
    this.done(commandId);
    if (isNew) this.#context.routed(this, verb);
  }
}

/** Compares digests, so that the time taken tells nothing about the secret. */
function isSameSecret(given: string, wanted: string): boolean {
  // Leaders are read as bytes; the configured secret is text.
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(Buffer.from(given, 'latin1')), digest(Buffer.from(wanted, 'utf8')));
}
