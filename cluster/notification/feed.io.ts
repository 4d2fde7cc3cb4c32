// The live feed: what is recorded, as server-sent events over HTTP, for pages of supervisors and systems without T-Lib. A reader
// shows the token of its tenant and sees that tenant only.
//
//     GET /feed   Authorization: Bearer <token>   [Last-Event-ID: <id>]
//
//     event: status      a couple's status has changed; the id leads back here after a lost connection
//     event: snapshot    first of all, where the id leads nowhere: every couple that has not ended
//
// Must never wait for a reader: who is slow is disconnected, and comes back with the id of what it saw last.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { StatusEvent } from '#src/notification';
import type { Clock, Timer } from '#src/ports';

export interface FeedOptions {
  readonly address: string;
  readonly port: number;
  /** The tenant whose token this is. */
  readonly tenantOf: (token: string) => string | undefined;
  /** What is known of couples of a tenant that have not ended. */
  readonly now: (tenant: string) => readonly StatusEvent[];
  /** Called before readers are told: what they are told must outlast a crash. */
  readonly secure: () => void;
  readonly clock: Clock;
}

/** Events that a reader may have missed and still gets. */
const rememberedMax = 10_000;
const readersMax = 256;
/** Bytes that wait for a reader before it counts as slow. */
const unreadBytesMax = 2 ** 20;
/** So that whoever stands between does not take the connection for dead. */
const beatMs = 15_000;

interface Remembered {
  readonly id: string;
  readonly event: StatusEvent;
}

export class Feed {
  readonly #options: FeedOptions;
  readonly #server: Server;
  /** Ids of another process mean nothing here. */
  readonly #life: string;
  readonly #remembered: Remembered[] = [];
  readonly #readers = new Map<ServerResponse, string>();
  #last = 0;
  #beat: Timer;

  private constructor(options: FeedOptions) {
    this.#options = options;
    this.#life = options.clock.nowMs().toString(36);
    this.#server = createServer((request, response) => this.#hear(request, response));
    this.#beat = options.clock.after(beatMs, () => this.#beats());
  }

  /** Rejects when the port is taken. */
  static async listen(options: FeedOptions): Promise<Feed> {
    const feed = new Feed(options);
    await new Promise<void>((resolve, reject) => {
      feed.#server.once('error', (error) => {
        feed.#beat.cancel();
        reject(error);
      });
      feed.#server.listen(options.port, options.address, resolve);
    });
    return feed;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get readers(): number {
    return this.#readers.size;
  }

  tell(event: StatusEvent): void {
    this.#last += 1;
    const remembered = { id: `${this.#life}-${this.#last}`, event };
    this.#remembered.push(remembered);
    if (this.#remembered.length > rememberedMax) this.#remembered.shift();
    const readers = [...this.#readers].filter(([, tenant]) => tenant === event.tenant);
    if (readers.length > 0) this.#options.secure();
    for (const [response] of readers) this.#write(response, text(remembered));
  }

  async close(): Promise<void> {
    this.#beat.cancel();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  #hear(request: IncomingMessage, response: ServerResponse): void {
    const refuse = (status: number, why: string) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error: why }));
    if (request.method !== 'GET' || request.url !== '/feed') return void refuse(404, 'there is GET /feed here');
    const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
    const tenant = token === undefined ? undefined : this.#options.tenantOf(token);
    if (tenant === undefined) return void refuse(401, 'show the feedToken of a tenant: Authorization: Bearer <token>');
    if (this.#readers.size >= readersMax) return void refuse(503, `there are ${readersMax} readers already`);
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    this.#readers.set(response, tenant);
    response.on('close', () => this.#readers.delete(response));
    this.#write(response, this.#missed(tenant, String(request.headers['last-event-id'] ?? '')));
  }

  /** What came after the event a reader saw last; everything there is, when that is not known. */
  #missed(tenant: string, lastId: string): string {
    this.#options.secure();
    const at = this.#remembered.findIndex(({ id }) => id === lastId);
    if (at >= 0) {
      const missed = this.#remembered.slice(at + 1).filter(({ event }) => event.tenant === tenant);
      return missed.map(text).join('') || ': nothing was missed\n\n';
    }
    const data = JSON.stringify(this.#options.now(tenant));
    return `event: snapshot\nid: ${this.#life}-${this.#last}\ndata: ${data}\n\n`;
  }

  #write(response: ServerResponse, chunk: string): void {
    response.write(chunk);
    if (response.writableLength > unreadBytesMax) response.destroy();
  }

  #beats(): void {
    for (const response of this.#readers.keys()) this.#write(response, ': beat\n\n');
    this.#beat = this.#options.clock.after(beatMs, () => this.#beats());
  }
}

function text({ id, event }: Remembered): string {
  return `event: status\nid: ${id}\ndata: ${JSON.stringify(event)}\n\n`;
}
