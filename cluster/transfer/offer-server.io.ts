// A node's end of transfers: lets stores in that know the secret, and answers what they ask. Must never wait for a store.

import type { AddressInfo, Server, Socket } from 'node:net';
import { type Identity, isProof, LinkSocket, proofOf, serverWith } from '#cluster/links';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import type { Clock, Random, Timer } from '#src/ports';
import type { Offers } from './offers.io.ts';
import {
  type FromNode,
  type FromStore,
  fromStoreSchema,
  type Place,
  requestsMax,
  transferVersion,
} from './transfer.schema.ts';

export interface OfferServerOptions {
  readonly address: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** With it transfers are encrypted, and who comes shows a certificate. */
  readonly identity?: Identity | undefined;
  readonly node: string;
  readonly secret: string;
  readonly beatMs: number;
  readonly missedMax: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly offers: Offers;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
}

/** A stranger who says nothing holds a connection no longer than this. */
const helloMsMax = 5_000;
const connectionsMax = 64;

export class OfferServer {
  readonly #server: Server;
  readonly #stores = new Set<StoreConnection>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens. Rejects with the system's error. */
  static async listen(options: OfferServerOptions): Promise<OfferServer> {
    const { identity, address, port } = options;
    const server = serverWith(identity, (socket) => {
      const store: StoreConnection = new StoreConnection(socket, options, () => offering.#stores.delete(store));
      offering.#stores.add(store);
    });
    const offering = new OfferServer(server);
    server.maxConnections = connectionsMax;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, resolve);
    });
    return offering;
  }

  get place(): { host: string; port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  /** Tells every store of recordings that are new, or that are not what they were. */
  finished(places: readonly Place[]): void {
    for (const store of this.#stores) store.finished(places);
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const store of this.#stores) store.end('the node lets go');
    await closed;
  }
}

class StoreConnection {
  readonly #options: OfferServerOptions;
  readonly #link: LinkSocket;
  readonly #nonce: string;
  readonly #late: Timer;
  #store: string | undefined;
  #working = 0;

  constructor(socket: Socket, options: OfferServerOptions, onEnd: () => void) {
    const { clock, beatMs, missedMax, random, node } = options;
    this.#options = options;
    this.#nonce = random.bytes(16).toString('hex');
    this.#link = new LinkSocket({
      socket,
      clock,
      beatMs,
      missedMax,
      ping: () => ({ type: 'ping' }),
      onValue: (value) => this.#heard(value),
      onEnd: (why) => {
        onEnd();
        this.#late.cancel();
        options.log.info({ store: this.#store, why }, 'a connection for recordings has ended');
      },
    });
    this.#late = clock.after(helloMsMax, () => {
      if (this.#store === undefined) this.end('it did not say who it is');
    });
    this.#say({ type: 'challenge', version: transferVersion, node, nonce: this.#nonce });
  }

  finished(places: readonly Place[]): void {
    if (this.#store !== undefined) this.#say({ type: 'finished', places: [...places] });
  }

  end(why: string): void {
    this.#link.end(why);
  }

  #heard(value: unknown): void {
    const parsed = fromStoreSchema.safeParse(value);
    if (!parsed.success) throw new TwinreelError('transfer-refused', 'the other end does not speak as a store does');
    const said = parsed.data;
    if (said.type === 'ping') return;
    if (said.type === 'hello') this.#admit(said);
    else if (this.#store === undefined) throw new TwinreelError('transfer-refused', 'it did not say who it is first');
    else void this.#answer(said, this.#store);
  }

  #admit(hello: FromStore & { type: 'hello' }): void {
    const { secret, log } = this.#options;
    if (hello.version !== transferVersion) {
      this.#refuse(`version ${hello.version} is spoken there, ${transferVersion} here`);
      return;
    }
    if (!isProof('store', secret, this.#nonce, hello.proof)) {
      this.#refuse('it does not know the secret of this cluster');
      return;
    }
    this.#late.cancel();
    this.#store = hello.store;
    this.#say({ type: 'welcome', proof: proofOf('offers', secret, hello.nonce) });
    log.info({ store: hello.store }, 'a store asks for recordings');
  }

  #refuse(message: string): void {
    this.#say({ type: 'refused', code: 'transfer-refused', message });
    this.#link.end(message);
  }

  async #answer(asked: Exclude<FromStore, { type: 'hello' | 'ping' }>, store: string): Promise<void> {
    const { id } = asked;
    this.#working += 1;
    try {
      if (this.#working > requestsMax) {
        throw new TwinreelError('transfer-refused', `more than ${requestsMax} requests at a time`);
      }
      this.#say(await this.#answerTo(asked, store));
    } catch (error) {
      this.#say({ type: 'failed', id, code: codeOf(error) ?? 'transfer-refused', message: messageOf(error) });
    } finally {
      this.#working -= 1;
    }
  }

  async #answerTo(asked: Exclude<FromStore, { type: 'hello' | 'ping' }>, store: string): Promise<FromNode> {
    const { offers } = this.#options;
    const { id } = asked;
    switch (asked.type) {
      case 'list': {
        const { places, more } = await offers.list(store, asked.after);
        return { type: 'listed', id, places: [...places], more };
      }
      case 'look':
        return { type: 'looked', id, files: [...(await offers.look(asked.place))] };
      case 'read': {
        const piece = await offers.read(asked.place, asked.file, asked.offset, asked.bytes);
        return { type: 'piece', id, base64: piece.toString('base64') };
      }
      case 'receipt':
        await offers.receive(asked.place, store, asked.manifestSha256);
        return { type: 'noted', id };
    }
  }

  #say(value: FromNode): void {
    this.#link.send(value);
  }
}
