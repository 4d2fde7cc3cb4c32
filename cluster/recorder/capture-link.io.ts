// The recorder's link to capture: one connection with our epoch, made anew whenever it ends, for capture may be restarted
// beneath us at any time while its streams run on. Commands wait a short while for the connection; they may be repeated.

import type { OpenedStream, SessionCapture, StreamCounters, WantedStream } from '#actors/session';
import type { HeldStreams } from '#actors/sessions';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import type { Position } from '#src/journal';
import { CaptureClient, type ControlEvent } from '#src/media/capture';
import type { SrtpKey } from '#src/media/srtp';
import type { Clock, Random } from '#src/ports';
import type { Gates } from './gates.ts';
import type { CapturedPositions } from './reclaim.io.ts';

export interface CaptureLinkOptions {
  /** Where capture listens now; asked before each attempt, undefined while it does not. */
  readonly findSocket: () => Promise<string | undefined>;
  /** Of two recorders the one with the higher epoch commands. */
  readonly epoch: number;
  readonly holder: string;
  readonly silenceMsMax: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  readonly onSilent: (stream: string) => void;
  /** What is known now of the pause of every stream: capture is told first of all. */
  readonly gates: () => Gates;
  /** Connected, for the first time or again: what capture holds. Told before any command goes out. */
  readonly onHeld: (held: HeldStreams) => void;
  readonly onAlarm: (alarm: string, message: string) => void;
  /** A newer recorder commands capture: this one has nothing left to do. */
  readonly onFenced: () => void;
}

/** Milliseconds a command waits for a connection before it fails. */
const patienceMs = 2_000;
const retryMs = 50;
/** As many as the longest key with its salt; a peer may change to another suite. */
const ownKeyBytes = 30;

const nothingCounted: StreamCounters = { packets: 0, bytes: 0, lost: 0, duplicates: 0, paused: 0 };

export class CaptureLink implements SessionCapture {
  readonly #options: CaptureLinkOptions;
  #client: CaptureClient | undefined;
  #phase: 'open' | 'fenced' | 'closed' = 'open';
  readonly #waiting = new Set<(client: CaptureClient) => void>();

  constructor(options: CaptureLinkOptions) {
    this.#options = options;
  }

  /** Begins to connect; from now on there may be news. */
  connect(): void {
    void this.#connect();
  }

  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  async open(streams: readonly WantedStream[], paused: boolean): Promise<readonly OpenedStream[]> {
    const client = await this.#connected();
    const { silenceMsMax, random } = this.#options;
    const opening = streams.map(async ({ stream, peer, rtcpMux, party, srtp }) => {
      const wanted = { stream, peer, silenceMsMax, paused, rtcpMux, note: party };
      if (!srtp) return { stream, ...(await client.open(wanted)) };
      const ownKey = random.bytes(ownKeyBytes).toString('base64');
      return { stream, ...(await client.open({ ...wanted, srtp })), ownKey };
    });
    const ends = await Promise.allSettled(opening);
    const failed = ends.find((end) => end.status === 'rejected');
    const opened = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
    if (!failed) return opened;
    // One that timed out may be opened yet.
    await Promise.allSettled(streams.map((one) => client.close(one.stream)));
    throw failed.reason;
  }

  async move(stream: string, peer: { readonly address: string; readonly port: number }): Promise<void> {
    await (await this.#connected()).move(stream, peer);
  }

  async expect(streams: readonly string[]): Promise<void> {
    const client = await this.#connected();
    await Promise.all(streams.map((stream) => client.expect(stream).catch(unlessClosed)));
  }

  async rekey(stream: string, srtp: SrtpKey): Promise<void> {
    await (await this.#connected()).rekey(stream, srtp);
  }

  /** Of all streams the first to pause and the last to run again: nothing outside of the interval is missing. */
  async gate(streams: readonly string[], paused: boolean): Promise<number> {
    if (streams.length === 0) return this.#options.clock.nowMs();
    const client = await this.#connected();
    const gating = streams.map(async (stream) => {
      try {
        return [(await (paused ? client.pause(stream) : client.resume(stream))).atMs];
      } catch (error) {
        // Closed meanwhile: there is nothing to gate any more.
        if (codeOf(error) !== 'stream-unknown') throw error;
        return [];
      }
    });
    const times = (await Promise.all(gating)).flat();
    if (times.length === 0) return this.#options.clock.nowMs();
    return paused ? Math.min(...times) : Math.max(...times);
  }

  async close(stream: string): Promise<{ readonly counters: StreamCounters; readonly to: Position }> {
    const client = await this.#connected();
    try {
      const { counters, to } = await client.close(stream);
      return { counters, to };
    } catch (error) {
      if (codeOf(error) !== 'stream-unknown') throw error;
      return { counters: nothingCounted, to: (await client.stats()).position };
    }
  }

  /** What capture counts in all; undefined while it is away. */
  async stats(): Promise<Awaited<ReturnType<CaptureClient['stats']>> | undefined> {
    return this.#client?.stats().catch(() => undefined);
  }

  /** Where capture writes now, and where each of its streams begins; undefined while it is away. */
  async positions(): Promise<CapturedPositions | undefined> {
    const client = this.#client;
    if (!client) return undefined;
    try {
      // What is opened meanwhile lies behind it.
      const { position } = await client.stats();
      const streams = await client.list();
      return { position, begins: new Map(streams.map(({ stream, from }) => [stream, from])) };
    } catch {
      return undefined;
    }
  }

  /** Lets go of capture; its streams run on. */
  disconnect(): void {
    this.#phase = 'closed';
    this.#client?.disconnect();
  }

  #connected(): Promise<CaptureClient> {
    if (this.#client) return Promise.resolve(this.#client);
    return new Promise((resolve, reject) => {
      const found = (client: CaptureClient) => {
        patience.cancel();
        this.#waiting.delete(found);
        resolve(client);
      };
      const patience = this.#options.clock.after(patienceMs, () => {
        this.#waiting.delete(found);
        reject(new TwinreelError('capture-unreachable', `capture has been away for ${patienceMs} ms`));
      });
      this.#waiting.add(found);
    });
  }

  async #connect(): Promise<void> {
    const { findSocket, epoch, holder, clock, log } = this.#options;
    if (this.#phase !== 'open') return;
    try {
      const path = await findSocket();
      if (path === undefined) throw new TwinreelError('capture-unreachable', 'capture does not listen yet');
      const onEvent = (event: ControlEvent) => this.#heard(event);
      const onClosed = (reason: 'fenced' | 'closed') => this.#lost(reason);
      const { client, hello } = await CaptureClient.connect({ path, epoch, holder, onEvent, onClosed });
      log.info({ path, epoch, streams: hello.streams }, 'connected to capture');
      const held = await this.#settle(client).catch((error: unknown) => {
        client.disconnect();
        throw error;
      });
      this.#options.onHeld(held);
      this.#client = client;
      for (const found of [...this.#waiting]) found(client);
    } catch (error) {
      if (codeOf(error) === 'capture-fenced') this.#lost('fenced');
      else clock.after(retryMs, () => void this.#connect());
      if (codeOf(error) !== 'capture-unreachable')
        log.warn({ error: messageOf(error) }, 'capture refused the recorder');
    }
  }

  async #settle(client: CaptureClient): Promise<HeldStreams> {
    const { withheld } = await client.gates(this.#options.gates());
    if (withheld > 0) this.#options.log.warn({ streams: withheld }, 'capture holds streams that no session knows');
    return heldBy(client);
  }

  #heard(event: ControlEvent): void {
    if (event.event === 'silent') this.#options.onSilent(event.stream);
    if (event.event === 'alarm') this.#options.onAlarm(event.alarm, event.message);
  }

  #lost(reason: 'fenced' | 'closed'): void {
    // An attempt that failed also ends its connection; the one who made it tries again.
    if (reason === 'closed' && !this.#client) return;
    this.#client = undefined;
    if (this.#phase !== 'open') return;
    if (reason === 'fenced') {
      this.#phase = 'fenced';
      this.#options.onFenced();
      return;
    }
    this.#options.log.warn({}, 'connection to capture lost; its streams run on');
    void this.#connect();
  }
}

/** Closed meanwhile: there is nothing to command any more. */
function unlessClosed(error: unknown): void {
  if (codeOf(error) !== 'stream-unknown') throw error;
}

/** The position is asked for first: what is opened meanwhile lies behind it. */
async function heldBy(client: CaptureClient): Promise<HeldStreams> {
  const { position: at } = await client.stats();
  const streams = await client.list();
  return { at, streams: new Map(streams.map(({ stream, silent }) => [stream, silent ? 'silent' : 'heard'])) };
}
