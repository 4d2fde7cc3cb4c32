// A store's end of the link to one node: dialled, proved, asked; dialled again whenever it ends. A node that is away costs nothing
// but this, and is heard of again when it comes back.

import { dialled, type Identity, isProof, LinkSocket, proofOf } from '#cluster/links';
import { type Code, codes, TwinreelError } from '#src/errors';
import type { Clock, Random, Timer } from '#src/ports';
import type { RecordingSource } from './arrival.io.ts';
import { type FromNode, type FromStore, fromNodeSchema, type Place, transferVersion } from './transfer.schema.ts';

export interface NodeLinkOptions {
  /** Names this store; the same after a restart. */
  readonly store: string;
  readonly secret: string;
  /** With it transfers are encrypted, and nodes show a certificate. */
  readonly identity?: Identity | undefined;
  readonly beatMs: number;
  readonly missedMax: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
}

export interface NodeLinkEvents {
  /** It can be asked now. */
  linked(): void;
  /** Recordings that are new there, or not what they were. */
  finished(places: readonly Place[]): void;
  lost(): void;
}

/** Where a node offers its recordings. */
export interface NodePlace {
  readonly host: string;
  readonly port: number;
}

interface Asked {
  readonly resolve: (answer: FromNode) => void;
  readonly reject: (error: TwinreelError) => void;
  readonly patience: Timer;
}

type Question = Exclude<FromStore, { type: 'hello' | 'ping' }>;
type WithoutId<One> = One extends unknown ? Omit<One, 'id'> : never;

const answerMsMax = 30_000;
const retryMs = 100;
const retryMsMax = 5_000;

export class NodeLink implements RecordingSource {
  readonly place: NodePlace;
  readonly #options: NodeLinkOptions;
  readonly #events: NodeLinkEvents;
  readonly #asked = new Map<number, Asked>();
  #link: LinkSocket | undefined;
  #phase: 'dialling' | 'proving' | 'linked' | 'closed' = 'dialling';
  #failures = 0;
  #again: Timer | undefined;
  #nonce = '';
  #questions = 0;

  constructor(place: NodePlace, options: NodeLinkOptions, events: NodeLinkEvents) {
    this.place = place;
    this.#options = options;
    this.#events = events;
    this.#dial();
  }

  get isLinked(): boolean {
    return this.#phase === 'linked';
  }

  async list(after?: Place): Promise<{ readonly places: readonly Place[]; readonly more: boolean }> {
    return this.#ask({ type: 'list', ...(after && { after }) }, 'listed');
  }

  async look(place: Place): Promise<readonly { readonly file: string; readonly bytes: number }[]> {
    return (await this.#ask({ type: 'look', place }, 'looked')).files;
  }

  async read(place: Place, file: string, offset: number, bytes: number): Promise<Buffer> {
    return Buffer.from((await this.#ask({ type: 'read', place, file, offset, bytes }, 'piece')).base64, 'base64');
  }

  async receipt(place: Place, manifestSha256: string): Promise<void> {
    await this.#ask({ type: 'receipt', place, manifestSha256 }, 'noted');
  }

  close(): void {
    this.#phase = 'closed';
    this.#again?.cancel();
    this.#link?.end('the store lets go');
    this.#loseAll('the store lets go');
  }

  /** Rejects with `link-lost` when the node goes or does not answer in time, and with what it says. */
  #ask<Type extends FromNode['type']>(
    question: WithoutId<Question>,
    type: Type,
  ): Promise<Extract<FromNode, { type: Type }>> {
    if (this.#phase !== 'linked') {
      return Promise.reject(new TwinreelError('link-lost', `no link to ${this.#name}`));
    }
    this.#questions += 1;
    const id = this.#questions;
    return new Promise((resolve, reject) => {
      const patience = this.#options.clock.after(answerMsMax, () => {
        this.#settle(id)?.reject(new TwinreelError('link-lost', `no answer in ${answerMsMax} ms from ${this.#name}`));
      });
      const answered = (answer: FromNode) => {
        if (answer.type === type) resolve(answer as Extract<FromNode, { type: Type }>);
        else reject(new TwinreelError('transfer-refused', `${this.#name} answered '${answer.type}', not '${type}'`));
      };
      this.#asked.set(id, { resolve: answered, reject, patience });
      this.#say({ ...question, id });
    });
  }

  #dial(): void {
    const { clock, beatMs, missedMax, identity } = this.#options;
    this.#phase = 'dialling';
    const link = new LinkSocket({
      socket: dialled(this.place, identity),
      clock,
      beatMs,
      missedMax,
      ping: () => ({ type: 'ping' }),
      onValue: (value) => this.#heard(value),
      onEnd: (why) => this.#ended(link, why),
    });
    this.#link = link;
  }

  #heard(value: unknown): void {
    const parsed = fromNodeSchema.safeParse(value);
    if (!parsed.success) throw new TwinreelError('transfer-refused', 'the other end does not speak as a node does');
    const said = parsed.data;
    switch (said.type) {
      case 'ping':
        return;
      case 'challenge':
        this.#prove(said.nonce);
        return;
      case 'welcome':
        this.#welcomed(said.proof);
        return;
      case 'refused':
        throw new TwinreelError('transfer-refused', `${said.code}: ${said.message}`);
      case 'finished':
        if (this.#phase === 'linked') this.#events.finished(said.places);
        return;
      case 'failed':
        this.#settle(said.id)?.reject(new TwinreelError(codeOr(said.code), said.message));
        return;
      default:
        this.#settle(said.id)?.resolve(said);
    }
  }

  #prove(nonce: string): void {
    const { random, store, secret } = this.#options;
    this.#phase = 'proving';
    this.#nonce = random.bytes(16).toString('hex');
    const proof = proofOf('store', secret, nonce);
    this.#say({ type: 'hello', version: transferVersion, store, nonce: this.#nonce, proof });
  }

  #welcomed(proof: string): void {
    const { secret, log } = this.#options;
    if (this.#phase !== 'proving' || !isProof('offers', secret, this.#nonce, proof)) {
      throw new TwinreelError('transfer-refused', 'the other end does not know the secret of this cluster');
    }
    this.#phase = 'linked';
    this.#failures = 0;
    log.info({ node: this.#name }, 'recordings of this node can be fetched');
    this.#events.linked();
  }

  #say(value: FromStore): void {
    this.#link?.send(value);
  }

  #settle(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    asked?.patience.cancel();
    return asked;
  }

  #loseAll(why: string): void {
    for (const id of [...this.#asked.keys()]) this.#settle(id)?.reject(new TwinreelError('link-lost', why));
  }

  #ended(link: LinkSocket, why: string): void {
    if (this.#phase === 'closed' || this.#link !== link) return;
    const { clock, log } = this.#options;
    const wasLinked = this.#phase === 'linked';
    this.#link = undefined;
    this.#phase = 'dialling';
    this.#loseAll(why);
    if (wasLinked) this.#events.lost();
    // Said once for each loss, not for each attempt.
    if (this.#failures === 0) log.warn({ node: this.#name, why }, 'recordings of this node cannot be fetched now');
    this.#failures += 1;
    const delayMs = Math.min(retryMsMax, retryMs * 2 ** Math.min(this.#failures - 1, 8));
    this.#again = clock.after(delayMs, () => this.#dial());
  }

  get #name(): string {
    return `${this.place.host}:${this.place.port}`;
  }
}

function codeOr(code: string): Code {
  return code in codes ? (code as Code) : 'transfer-refused';
}
