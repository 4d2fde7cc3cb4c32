// A core's end of the links: lets recorders in that know the secret, and tells whoever decides what each of them holds. Must
// never wait for a recorder.

import type { AddressInfo, Server, Socket } from 'node:net';
import { type Code, codes, TwinreelError } from '#src/errors';
import type { Clock, Random, Timer } from '#src/ports';
import type { SessionNews } from '#src/recording';
import { ClockSighting } from './clock-sight.ts';
import { type Identity, mustBe, serverWith } from './identity.io.ts';
import { type FromCore, type FromRecorder, fromRecorderSchema, type LinkCommand, linkVersion } from './link.schema.ts';
import { LinkSocket } from './link-socket.io.ts';
import type { LifePlace } from './node-life.io.ts';
import { isProof, proofOf } from './proof.ts';

export interface LinkServerOptions {
  readonly address: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** With it links are encrypted, and who comes shows a certificate. */
  readonly identity?: Identity | undefined;
  readonly node: string;
  readonly process: string;
  readonly secret: string;
  readonly beatMs: number;
  readonly missedMax: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  readonly events: LinkEvents;
}

/** What a core hears of its recorders. `recorder` names the process that speaks: a restarted one is another one. */
export interface LinkEvents {
  attached(recorder: LinkedRecorder): void;
  /** `again`: the last word on a take that is forgotten, for whoever has not heard it. */
  news(recorder: LinkedRecorder, session: SessionNews, again: boolean): void;
  /** No more will be said of this take. */
  forgotten(recorder: LinkedRecorder, take: string): void;
  /** It has told all it holds; what it did not name is no more. */
  synced(recorder: LinkedRecorder): void;
  ping(recorder: LinkedRecorder, figures: { sessions: number; streams: number; backlog: number }): void;
  lost(recorder: LinkedRecorder, why: string): void;
}

/** A recorder that is linked now. */
export interface LinkedRecorder {
  /** `node/pid`. */
  readonly name: string;
  readonly node: string;
  readonly pid: number;
  readonly startedMs: number;
  readonly streamsMax: number;
  /** Whether its node lives can be asked there. */
  readonly life?: LifePlace;
  /**
   * Resolves with the takes it was passed to; none when no such recording runs there. Rejects with `link-lost` when the
   * recorder goes or does not answer in time, and with what the recorder says.
   */
  command(command: LinkCommand): Promise<readonly string[]>;
}

const commandMsMax = 2_000;
/** A stranger who says nothing holds a connection no longer than this. */
const helloMsMax = 5_000;
const connectionsMax = 1_024;

export class LinkServer {
  readonly #server: Server;
  readonly #links = new Set<RecorderConnection>();

  private constructor(server: Server) {
    this.#server = server;
  }

  /** Listens. Rejects with the system's error. */
  static async listen(options: LinkServerOptions): Promise<LinkServer> {
    const { identity, address, port } = options;
    const server = serverWith(identity, (socket) => links.#accept(socket, options));
    const links = new LinkServer(server);
    server.maxConnections = connectionsMax;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, resolve);
    });
    return links;
  }

  get place(): { host: string; port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const link of this.#links) link.end('the core lets go');
    await closed;
  }

  #accept(socket: Socket, options: LinkServerOptions): void {
    const link: RecorderConnection = new RecorderConnection(socket, options, () => this.#links.delete(link));
    this.#links.add(link);
  }
}

interface Asked {
  readonly resolve: (takes: readonly string[]) => void;
  readonly reject: (error: TwinreelError) => void;
  readonly patience: Timer;
}

class RecorderConnection {
  readonly #options: LinkServerOptions;
  readonly #link: LinkSocket;
  readonly #socket: Socket;
  readonly #from: string | undefined;
  readonly #nonce: string;
  readonly #asked = new Map<number, Asked>();
  readonly #late: Timer;
  readonly #challengedMs: number;
  readonly #sighting = new ClockSighting();
  #recorder: LinkedRecorder | undefined;
  #commands = 0;

  constructor(socket: Socket, options: LinkServerOptions, onEnd: () => void) {
    const { clock, beatMs, missedMax, random, node, process } = options;
    this.#options = options;
    this.#socket = socket;
    this.#from = socket.remoteAddress;
    this.#nonce = random.bytes(16).toString('hex');
    this.#link = new LinkSocket({
      socket,
      clock,
      beatMs,
      missedMax,
      ping: () => ({ type: 'ping', atMs: clock.nowMs() }),
      onValue: (value) => this.#heard(value),
      onEnd: (why) => {
        onEnd();
        this.#ended(why);
      },
    });
    this.#late = clock.after(helloMsMax, () => {
      if (!this.#recorder) this.end('it did not say who it is');
    });
    this.#challengedMs = clock.nowMs();
    this.#say({ type: 'challenge', version: linkVersion, node, process, nonce: this.#nonce });
  }

  end(why: string): void {
    this.#link.end(why);
  }

  #heard(value: unknown): void {
    const parsed = fromRecorderSchema.safeParse(value);
    if (!parsed.success) {
      // What one session says oddly costs that word, not the sight of all other calls.
      if (!this.#recorder) throw new TwinreelError('link-refused', 'the other end does not speak as a recorder does');
      this.#options.log.warn({ recorder: this.#recorder.name }, 'a recorder said what is not understood');
      return;
    }
    if (parsed.data.type === 'hello') this.#admit(parsed.data);
    else if (this.#recorder) this.#note(this.#recorder, parsed.data);
    else if (parsed.data.type !== 'ping') throw new TwinreelError('link-refused', 'it did not say who it is first');
  }

  #admit(hello: FromRecorder & { type: 'hello' }): void {
    const { secret, events, log, clock } = this.#options;
    if (hello.version !== linkVersion) {
      this.#refuse(`version ${hello.version} is spoken there, ${linkVersion} here`);
      return;
    }
    if (!isProof('recorder', secret, this.#nonce, hello.proof)) {
      this.#refuse('it does not know the secret of this cluster');
      return;
    }
    mustBe(hello.node, this.#socket);
    this.#late.cancel();
    if (hello.atMs !== undefined)
      this.#sighting.see({ sentMs: this.#challengedMs, heardMs: clock.nowMs(), answeredMs: hello.atMs, heldMs: 0 });
    const { node, pid, startedMs, streamsMax, life } = hello;
    const host = life?.host ?? this.#from;
    this.#recorder = {
      name: `${node}/${pid}`,
      node,
      pid,
      startedMs,
      streamsMax,
      ...(life && host !== undefined && { life: { host, port: life.port } }),
      command: (command) => this.#command(command),
    };
    this.#say({ type: 'welcome', proof: proofOf('core', secret, hello.nonce) });
    log.info({ recorder: this.#recorder.name }, 'a recorder is linked');
    events.attached(this.#recorder);
  }

  #refuse(message: string): void {
    this.#say({ type: 'refused', code: 'link-refused', message });
    this.#link.end(message);
  }

  #note(recorder: LinkedRecorder, said: Exclude<FromRecorder, { type: 'hello' }>): void {
    const { events, clock } = this.#options;
    switch (said.type) {
      case 'news': {
        const measured = this.#sighting.at(clock.nowMs());
        events.news(recorder, { ...said.session, ...(measured && { clock: measured }) }, said.again === true);
        return;
      }
      case 'forgotten':
        events.forgotten(recorder, said.take);
        return;
      case 'synced':
        events.synced(recorder);
        return;
      case 'ping':
        if (said.atMs !== undefined && said.echo) {
          const { atMs: sentMs, heldMs } = said.echo;
          this.#sighting.see({ sentMs, heardMs: clock.nowMs(), answeredMs: said.atMs, heldMs });
        }
        events.ping(recorder, said);
        return;
      case 'result':
        this.#settle(said.id)?.resolve(said.takes);
        return;
      case 'failed':
        this.#settle(said.id)?.reject(new TwinreelError(codeOr(said.code), said.message));
        return;
    }
  }

  #command(command: LinkCommand): Promise<readonly string[]> {
    const id = ++this.#commands;
    return new Promise((resolve, reject) => {
      const patience = this.#options.clock.after(commandMsMax, () => {
        this.#settle(id)?.reject(
          new TwinreelError('link-lost', `no answer to ${command.command} in ${commandMsMax} ms`),
        );
      });
      this.#asked.set(id, { resolve, reject, patience });
      this.#say({ type: 'command', id, ...command });
    });
  }

  #settle(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    asked?.patience.cancel();
    return asked;
  }

  #ended(why: string): void {
    this.#late.cancel();
    for (const id of [...this.#asked.keys()]) this.#settle(id)?.reject(new TwinreelError('link-lost', why));
    const recorder = this.#recorder;
    this.#recorder = undefined;
    if (recorder) this.#options.events.lost(recorder, why);
    else this.#options.log.warn({ why }, 'a connection that was no recorder has ended');
  }

  #say(value: FromCore): void {
    this.#link.send(value);
  }
}

function codeOr(code: string): Code {
  return code in codes ? (code as Code) : 'link-refused';
}
