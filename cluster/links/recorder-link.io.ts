// A recorder's link to one core: dialled, proved, told everything, kept; and dialled again whenever it ends. A core that is
// away costs nothing but this.

import type { Socket } from 'node:net';
import type { SessionState } from '#actors/session';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import type { Clock, Random, Timer } from '#src/ports';
import type { SessionNews } from '#src/recording';
import { dialled, type Identity, mustBe } from './identity.io.ts';
import { type FromCore, type FromRecorder, fromCoreSchema, type LinkCommand, linkVersion } from './link.schema.ts';
import { LinkSocket } from './link-socket.io.ts';
import { newsOf } from './news.ts';
import { isProof, proofOf } from './proof.ts';

/** Figures of a recorder, told with each beat. */
export interface RecorderFigures {
  readonly sessions: number;
  readonly streams: number;
  readonly backlog: number;
}

export interface RecorderLinkOptions {
  readonly node: string;
  readonly pid: number;
  readonly startedMs: number;
  readonly streamsMax: number;
  /** Where this node accepts connections as long as it lives. */
  readonly life?: { readonly host?: string; readonly port: number } | undefined;
  /** What this node says of itself; goes with every session. */
  readonly tags: Readonly<Record<string, string>>;
  readonly secret: string;
  /** PEM text of the authorities that certify cores, when links are encrypted. */
  readonly identity?: Identity | undefined;
  readonly beatMs: number;
  readonly missedMax: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  /** Every session that is not forgotten. */
  readonly sessions: () => readonly SessionState[];
  readonly figures: () => RecorderFigures;
  /** Gives the takes the command was passed to. */
  readonly onCommand: (command: LinkCommand) => Promise<readonly string[]>;
}

/** Where a core listens. */
export interface CorePlace {
  readonly host: string;
  readonly port: number;
}

const retryMs = 100;
const retryMsMax = 2_000;

export class RecorderLink {
  readonly #options: RecorderLinkOptions;
  readonly #place: CorePlace;
  readonly #lastWords: ReadonlyMap<string, SessionNews>;
  #link: LinkSocket | undefined;
  #phase: 'dialling' | 'proving' | 'synced' | 'closed' = 'dialling';
  #failures = 0;
  #again: Timer | undefined;
  #nonce = '';
  /** The core's last ping: its time, and when it came by our monotonic clock. */
  #pinged: { readonly atMs: number; readonly heardMs: number } | undefined;

  /** `lastWords`: on sessions that are forgotten, by take. */
  constructor(place: CorePlace, options: RecorderLinkOptions, lastWords: ReadonlyMap<string, SessionNews> = new Map()) {
    this.#options = options;
    this.#place = place;
    this.#lastWords = lastWords;
    this.#dial();
  }

  /** The core knows all there is. */
  get isSynced(): boolean {
    return this.#phase === 'synced';
  }

  /** Tells of a session that has changed; nothing while the core is away, for it is told all when it comes. */
  tell(state: SessionState): void {
    if (this.#phase === 'synced') this.#say({ type: 'news', session: newsOf(state, this.#options.tags) });
  }

  forgotten(take: string): void {
    if (this.#phase === 'synced') this.#say({ type: 'forgotten', take });
  }

  close(): void {
    this.#phase = 'closed';
    this.#again?.cancel();
    this.#link?.end('the recorder lets go');
  }

  #dial(): void {
    const { clock, beatMs, missedMax, identity, figures } = this.#options;
    this.#phase = 'dialling';
    this.#pinged = undefined;
    const socket = dialled(this.#place, identity);
    const link = new LinkSocket({
      socket,
      clock,
      beatMs,
      missedMax,
      // Before it has proved itself, a core hears no figures.
      ping: () => ({
        type: 'ping',
        ...(this.#phase === 'synced' ? figures() : { sessions: 0, streams: 0, backlog: 0 }),
        ...this.#times(),
      }),
      onValue: (value) => this.#heard(value, socket),
      onEnd: (why) => this.#ended(link, why),
    });
    this.#link = link;
  }

  #heard(value: unknown, socket: Socket): void {
    const parsed = fromCoreSchema.safeParse(value);
    if (!parsed.success) {
      // One odd word is no reason to lose sight of all calls.
      if (this.#phase === 'synced') {
        this.#options.log.warn({ core: this.#name }, 'a core said what is not understood');
        return;
      }
      throw new TwinreelError('link-refused', 'the other end does not speak as a core does');
    }
    if (parsed.data.type === 'challenge') mustBe(parsed.data.node, socket);
    this.#obey(parsed.data);
  }

  #obey(said: FromCore): void {
    const { secret, random, clock, node, pid, startedMs, streamsMax, life, log } = this.#options;
    switch (said.type) {
      case 'ping':
        if (said.atMs !== undefined) this.#pinged = { atMs: said.atMs, heardMs: clock.monotonicMs() };
        return;
      case 'challenge': {
        this.#phase = 'proving';
        this.#nonce = random.bytes(16).toString('hex');
        const proof = proofOf('recorder', secret, said.nonce);
        const about = { node, pid, startedMs, streamsMax, ...(life && { life }), atMs: clock.nowMs() };
        this.#say({ type: 'hello', version: linkVersion, ...about, nonce: this.#nonce, proof });
        return;
      }
      case 'welcome':
        if (this.#phase !== 'proving' || !isProof('core', secret, this.#nonce, said.proof)) {
          throw new TwinreelError('link-refused', 'the other end does not know the secret of this cluster');
        }
        this.#sync();
        log.info({ core: this.#name }, 'linked to a core');
        return;
      case 'refused':
        throw new TwinreelError('link-refused', `${said.code}: ${said.message}`);
      case 'command':
        if (this.#phase === 'synced') void this.#command(said);
        return;
    }
  }

  /** What a core compares its clock by. */
  #times(): Pick<Extract<FromRecorder, { type: 'ping' }>, 'atMs' | 'echo'> {
    const { clock } = this.#options;
    const pinged = this.#pinged;
    return {
      atMs: clock.nowMs(),
      ...(pinged && { echo: { atMs: pinged.atMs, heldMs: clock.monotonicMs() - pinged.heardMs } }),
    };
  }

  #sync(): void {
    this.#phase = 'synced';
    this.#failures = 0;
    // What ended while the core was away, or was on the way when the link broke.
    for (const session of this.#lastWords.values()) this.#say({ type: 'news', session, again: true });
    for (const state of this.#options.sessions()) this.tell(state);
    this.#say({ type: 'synced' });
  }

  async #command({ id, type: _, ...command }: Extract<FromCore, { type: 'command' }>): Promise<void> {
    try {
      const takes = await this.#options.onCommand(command);
      this.#say({ type: 'result', id, takes: [...takes] });
    } catch (error) {
      this.#say({ type: 'failed', id, code: codeOf(error) ?? 'link-refused', message: messageOf(error) });
    }
  }

  #say(value: FromRecorder): void {
    this.#link?.send(value);
  }

  #ended(link: LinkSocket, why: string): void {
    if (this.#phase === 'closed' || this.#link !== link) return;
    const { clock, log } = this.#options;
    this.#link = undefined;
    // Said once for each loss, not for each attempt.
    if (this.#failures === 0) log.warn({ core: this.#name, why }, 'no link to this core; dialled again until there is');
    this.#phase = 'dialling';
    this.#failures += 1;
    const delayMs = Math.min(retryMsMax, retryMs * 2 ** Math.min(this.#failures - 1, 8));
    this.#again = clock.after(delayMs, () => this.#dial());
  }

  get #name(): string {
    return `${this.#place.host}:${this.#place.port}`;
  }
}
