// The control socket of capture: a Unix socket in a folder of mode 0700. One connection owns capture at a time; when it
// goes, streams run on. Must never let a slow or broken client hold up capture.

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import { encodeFrame, FrameReader } from '#src/frames';
import { gatherTurn } from '#src/wire';
import type { Capture } from './capture.io.ts';
import {
  type ControlAnswer,
  type ControlEvent,
  type ControlRequest,
  controlVersion,
  parseRequest,
} from './control.schema.ts';
import { mayOwn, type Owner } from './ownership.ts';

export interface ControlServerOptions {
  readonly path: string;
  readonly capture: Capture;
  /** Owner the process before this one knew last; nobody older may command. */
  readonly owner?: Owner | undefined;
  /** Keeps a new owner for the next process; awaited before it is let in. */
  readonly keepOwner: (owner: Owner) => Promise<void>;
}

// `gates` names every stream.
const requestBytesMax = 16 * 2 ** 20;
// Beyond the first, counters are left out until the client has read; beyond the second it loses its connection.
const backlogBytesQuiet = 2 ** 20;
const backlogBytesMax = 16 * 2 ** 20;
// The kernel's bound on a Unix socket's path (sun_path).
const pathBytesMax = 107;

export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Socket>();
  #owner: Owner | undefined;
  #owning: Socket | undefined;

  private constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#owner = options.owner;
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /** Listens; a socket file a killed process left is replaced. Rejects with the system's error. */
  static async listen(options: ControlServerOptions): Promise<ControlServer> {
    const { path } = options;
    if (Buffer.byteLength(path) > pathBytesMax) {
      throw new TwinreelError(
        'process-options-invalid',
        `control socket ${path} is longer than ${pathBytesMax} bytes`,
        { path },
      );
    }
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    chmodSync(dirname(path), 0o700);
    rmSync(path, { force: true });
    const control = new ControlServer(options);
    await new Promise<void>((resolve, reject) => {
      control.#server.once('error', reject);
      control.#server.listen(path, resolve);
    });
    return control;
  }

  /** Tells the owner, if one is connected. */
  emit(event: ControlEvent): void {
    const owning = this.#owning;
    if (!owning) return;
    if (event.event === 'counters' && owning.writableLength > backlogBytesQuiet) return;
    if (owning.writableLength > backlogBytesMax) owning.destroy();
    else owning.write(encodeFrame(event));
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#connections) socket.destroy();
    await closed;
  }

  #serve(socket: Socket): void {
    const frames = new FrameReader(requestBytesMax);
    this.#connections.add(socket);
    socket.on('error', () => {}); // 'close' follows
    socket.on('close', () => {
      this.#connections.delete(socket);
      if (this.#owning !== socket) return;
      this.#owning = undefined;
      void this.#options.capture.withhold();
    });
    socket.on('data', (bytes: Buffer) => {
      try {
        for (const value of frames.push(bytes)) void this.#take(socket, value);
      } catch {
        socket.destroy(); // the frames are out of step: nothing after this can be trusted
      }
    });
  }

  async #take(socket: Socket, value: unknown): Promise<void> {
    const parsed = parseRequest(value);
    const answer = 'request' in parsed ? await this.#answer(socket, parsed) : parsed;
    if (socket.destroyed) return;
    if (socket.writableLength > backlogBytesMax) {
      socket.destroy();
      return;
    }
    gatherTurn(socket);
    socket.write(encodeFrame(answer));
  }

  async #answer(socket: Socket, request: ControlRequest): Promise<ControlAnswer> {
    const { id } = request;
    try {
      if (request.request === 'hello') return { id, result: await this.#welcome(socket, request) };
      if (this.#owning !== socket)
        throw new TwinreelError('capture-fenced', 'this connection does not own capture; say hello first');
      return { id, result: await this.#perform(request) };
    } catch (error) {
      const code = codeOf(error);
      if (code === undefined) throw error;
      return { id, error: { code, message: messageOf(error) } };
    }
  }

  async #welcome(socket: Socket, hello: Extract<ControlRequest, { request: 'hello' }>): Promise<unknown> {
    const { version, epoch, holder } = hello;
    if (version !== controlVersion) {
      const message = `client speaks version ${version}, capture speaks ${controlVersion}`;
      throw new TwinreelError('capture-version-unknown', message, { version });
    }
    const owner = { epoch, holder };
    if (!mayOwn(owner, this.#owner)) {
      const known = `epoch ${this.#owner?.epoch} of ${this.#owner?.holder}`;
      throw new TwinreelError('capture-fenced', `epoch ${epoch} of ${holder} is refused, ${known} owns capture`, owner);
    }
    this.#owner = owner;
    const before = this.#owning;
    this.#owning = socket;
    if (before && before !== socket) before.end(encodeFrame({ event: 'fenced', ...owner } satisfies ControlEvent));
    await this.#options.keepOwner(owner);
    const { capture } = this.#options;
    // Also waits for what the owner before was opening: the new one sees all there is.
    await capture.withhold();
    return { version: controlVersion, incarnation: capture.incarnation, streams: capture.stats().streams };
  }

  #perform(request: Exclude<ControlRequest, { request: 'hello' }>): Promise<unknown> | unknown {
    const { capture } = this.#options;
    switch (request.request) {
      case 'open':
        return capture.open(request);
      case 'move':
        return capture.move(request.stream, request.peer);
      case 'expect':
        return capture.expect(request.stream);
      case 'rekey':
        return capture.rekey(request.stream, request.srtp);
      case 'pause':
        return capture.pause(request.stream);
      case 'resume':
        return capture.resume(request.stream);
      case 'gates':
        return capture.gates(request.paused, request.running);
      case 'close':
        return capture.close(request.stream);
      case 'list':
        return capture.list(request);
      case 'stats':
        return capture.stats();
    }
  }
}
