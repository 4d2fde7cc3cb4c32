// Tells the cluster through Redis that this process is alive, and who else is. History and discovery only: nothing that
// records a call waits for it, and a missing beat while Redis is away means nothing.

import { drainingKey, presenceIndexKey, presenceKey, type RedisConnection, rebalanceKey } from '#cluster/redis';
import type { Clock, Timer } from '#src/ports';
import { type Beat, beatSchema } from './beat.schema.ts';

export interface PresenceOptions {
  readonly redis: RedisConnection;
  readonly node: string;
  readonly process: string;
  readonly pid: number;
  readonly beatMs: number;
  readonly clock: Clock;
  /** Of a core: where recorders reach it. */
  readonly links?: Beat['links'];
  /** Of a recorder: where its finished recordings are fetched, asked at every beat. */
  readonly offers?: () => Beat['offers'];
  /** Of a core: what it watches, asked at every beat. */
  readonly share?: () => Beat['share'];
  /** Of who tells facts, asked at every beat. */
  readonly facts?: () => Beat['facts'];
  /** What was said of the node, when it is another than before. */
  readonly onNode?: (phase: 'open' | 'draining') => void;
  /** Asked at every beat; when they cannot be had, the beat goes without them. */
  readonly figures: () => Record<string, number> | Promise<Record<string, number>>;
}

/** Beats that a process may miss before it is no longer listed. */
const missedMax = 4;
/** Processes that have not been seen for this long leave the index. */
const forgottenAfterMs = 7 * 86_400_000;

/** `told-again`: the next beat does not wait. */
type Phase = 'beating' | 'told-again' | 'stopped';

export class Presence {
  readonly #options: PresenceOptions;
  readonly #startedMs: number;
  #timer: Timer | undefined;
  #writing: Promise<unknown> = Promise.resolve();
  #phase: Phase = 'beating';
  #node: 'open' | 'draining' = 'open';

  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#startedMs = options.clock.nowMs();
    void this.#beat();
  }

  /** Something that others want to know is not as it was: the next beat comes at once. */
  tell(): void {
    if (this.#phase === 'stopped') return;
    if (!this.#timer) {
      this.#phase = 'told-again';
      return;
    }
    this.#timer.cancel();
    this.#timer = undefined;
    void this.#beat();
  }

  /** Stops beating and takes the last beat back: an orderly end is visible at once. */
  async stop(): Promise<void> {
    this.#phase = 'stopped';
    this.#timer?.cancel();
    const { redis, node, process } = this.#options;
    await this.#writing;
    await redis.del(presenceKey(node, process)).catch(ignored);
  }

  async #beat(): Promise<void> {
    const { node, process, pid, beatMs, clock, links, offers, share, facts } = this.#options;
    const atMs = clock.nowMs();
    const [figures] = await Promise.all([this.#figures(), this.#askOfNode()]);
    if (this.#phase === 'stopped') return;
    this.#phase = 'beating';
    const shared = share?.();
    const offered = offers?.();
    this.#writing = this.#write({
      node,
      process,
      pid,
      startedMs: this.#startedMs,
      atMs,
      ...(links && { links }),
      ...(offered && { offers: offered }),
      ...(this.#node === 'draining' && { phase: this.#node }),
      ...(shared && { share: shared }),
      ...(facts && { facts: facts() }),
      figures,
    });
    await this.#writing;
    if (this.#is('stopped')) return;
    this.#timer = clock.after(this.#is('told-again') ? 0 : beatMs, () => {
      this.#timer = undefined;
      void this.#beat();
    });
  }

  #is(phase: Phase): boolean {
    return this.#phase === phase;
  }

  /** Whether the node is to be left. A Redis that has forgotten it is told again. */
  async #askOfNode(): Promise<void> {
    const { redis, node, onNode } = this.#options;
    const said = await redis.hget(drainingKey, node).catch(() => undefined);
    if (said === null && this.#node === 'draining') await redis.hsetnx(drainingKey, node, this.#node).catch(ignored);
    if (said !== 'open' && said !== 'draining') return;
    if (said !== this.#node) onNode?.(said);
    this.#node = said;
  }

  async #figures(): Promise<Beat['figures']> {
    try {
      return await this.#options.figures();
    } catch {
      return {};
    }
  }

  async #write(beat: Beat): Promise<void> {
    const { redis, beatMs } = this.#options;
    const { node, process, atMs } = beat;
    await Promise.all([
      redis.set(presenceKey(node, process), JSON.stringify(beat), 'PX', beatMs * missedMax),
      redis.zadd(presenceIndexKey, String(atMs), `${node}/${process}`),
      redis.zremrangebyscore(presenceIndexKey, '-inf', String(atMs - forgottenAfterMs)),
    ]).catch(ignored);
  }
}

/** Says of a node that whoever can is to do without it, or not any more. Rejects when Redis is away. */
export async function drain(redis: RedisConnection, node: string, phase: 'open' | 'draining'): Promise<void> {
  await redis.hset(drainingKey, node, phase);
}

/** Has every lease go back to who is to act first. Rejects when Redis is away. */
export async function rebalance(redis: RedisConnection, nowMs: number): Promise<void> {
  await redis.set(rebalanceKey, String(nowMs));
}

/**
 * The last beats of all processes that are alive, by node and process, but for the one called `self`; what is no beat of this version is
 * left out. Rejects when Redis is away.
 */
export async function listBeats(redis: RedisConnection, self?: string): Promise<Beat[]> {
  const names = await redis.zrange(presenceIndexKey, '0', '-1');
  const others = names.filter((name) => name !== self);
  const texts = await Promise.all(
    others.map((name) => {
      const [node = '', process = ''] = name.split('/');
      return redis.get(presenceKey(node, process));
    }),
  );
  return texts.flatMap((text) => (text === null ? [] : (beatOf(text) ?? [])));
}

function beatOf(text: string): Beat | undefined {
  try {
    return beatSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** The next beat comes anyway; the connection says that Redis is away. */
const ignored = () => {};
