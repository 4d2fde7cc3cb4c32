// Pairs of sockets that several streams share, told apart by where their peers said they send from. A pair takes no more
// streams than its buffers hold for a second. Must never give a packet to a stream by guessing: what comes from where
// no stream's peer is belongs to the only stream of that address, or to nobody.

import { isRtcp } from '#src/media/rtp';
import type { Peer } from './control.schema.ts';
import type { DatagramListener, Listening, Receiver } from './receiver.ts';
import { asOne, type Seat } from './seat.io.ts';
import type { SocketLease, SocketSource } from './sockets.ts';

export interface SharedSocketsOptions {
  readonly sockets: SocketSource;
  readonly receiver: Receiver;
  /** Something came from where no peer of any stream is; once for each pair of sockets. */
  readonly onUnclaimed: (source: Peer, rtpPort: number) => void;
}

/** Asked of the kernel, which doubles it and caps it at net.core.rmem_max. */
const bufferBytes = 4 * 2 ** 20;
/** One second of a stream: 50 packets, each of which takes at most 4 KiB in the kernel. */
const streamBytes = 50 * 4_096;
/** Places that a stream's packets came from before it moved, from where some may still be on their way. */
const placesBeforeMax = 4;

/** What a pair leaves with the keeper: the notes of its streams. */
interface SharedNote {
  readonly shared: readonly string[];
}

export class SharedSockets {
  readonly #options: SharedSocketsOptions;
  readonly #pairs = new Set<SharedPair>();
  #asking: Promise<void> | undefined;

  constructor(options: SharedSocketsOptions) {
    this.#options = options;
  }

  /** A seat for a stream of this peer. Rejects as the source of sockets does. */
  async seat(peer: Peer): Promise<Seat> {
    for (;;) {
      for (const pair of this.#pairs) if (pair.takes(peer)) return pair.seat(peer);
      // One pair for all who wait: they go on where there is room in it.
      this.#asking ??= this.#more();
      await this.#asking;
    }
  }

  /** Takes a pair over; gives a seat for each stream of its note. */
  adopt(lease: SocketLease, note: string): { readonly note: string; seat(peer: Peer | null): Seat }[] | undefined {
    const { shared } = JSON.parse(note) as Partial<SharedNote>;
    if (!shared) return undefined;
    const pair = this.#add(lease);
    return shared.map((one) => ({ note: one, seat: (peer) => pair.seat(peer, one) }));
  }

  async #more(): Promise<void> {
    try {
      this.#add(await this.#options.sockets.lease());
    } finally {
      this.#asking = undefined;
    }
  }

  #add(lease: SocketLease): SharedPair {
    const { receiver, onUnclaimed } = this.#options;
    const onEmpty = () => {
      this.#pairs.delete(pair);
      lease.release();
    };
    const unclaimed = (source: Peer) => onUnclaimed(source, lease.rtpPort);
    const pair = new SharedPair({ lease, receiver, onEmpty, onUnclaimed: unclaimed });
    this.#pairs.add(pair);
    return pair;
  }
}

interface SharedPairOptions {
  readonly lease: SocketLease;
  readonly receiver: Receiver;
  readonly onEmpty: () => void;
  readonly onUnclaimed: (source: Peer) => void;
}

/** A stream at the pair. */
interface Place {
  listener: DatagramListener | undefined;
  note: string;
  /** Keys of sources before the one that is expected now. */
  before: string[];
}

class SharedPair {
  readonly #options: SharedPairOptions;
  readonly #streamsMax: number;
  readonly #places = new Set<Place>();
  // Where a place's packets come from, or came from before a move; a source is one place's at a time.
  readonly #bySource = new Map<string, Place>();
  readonly #byAddress = new Map<string, Set<Place>>();
  readonly #listening: readonly Listening[];
  #writing: Promise<void> | undefined;
  #unclaimedTold = false;
  #phase: 'shared' | 'left' = 'shared';

  constructor(options: SharedPairOptions) {
    this.#options = options;
    const { lease, receiver } = options;
    const granted = [lease.rtp, lease.rtcp].map((socket) => {
      socket.setRecvBufferSize(bufferBytes);
      return socket.getRecvBufferSize();
    });
    this.#streamsMax = Math.max(1, Math.floor(Math.min(...granted) / streamBytes));
    const listener: DatagramListener = {
      hear: (datagram, address, port, atUs) => this.#hear(datagram, address, port, atUs),
      failed: (reason) => {
        for (const place of this.#places) place.listener?.failed(reason);
      },
    };
    this.#listening = [lease.rtp, lease.rtcp].map((socket) => receiver.listen(socket, listener));
  }

  /** There is room, and nobody here sends from there, or from the port beside it, which may be its RTCP. */
  takes({ address, port }: Peer): boolean {
    if (this.#places.size >= this.#streamsMax) return false;
    return ![port - 1, port, port + 1].some((one) => this.#bySource.has(`${address} ${one}`));
  }

  seat(peer: Peer | null, note = ''): Seat {
    const { lease } = this.#options;
    const place: Place = { listener: undefined, note, before: [] };
    this.#places.add(place);
    if (peer) this.#route(peer, place);
    return {
      address: lease.address,
      rtpPort: lease.rtpPort,
      rtcpPort: lease.rtcpPort,
      listen: (listener) => {
        place.listener = listener;
        return {
          ...asOne(this.#listening),
          expect: (source, stream, passage) => {
            this.#route(source, place);
            // Somebody else's already: two that send from one place cannot be told apart.
            if (this.#bySource.get(`${source.address} ${source.port}`) !== place) return;
            this.#listening[0]!.expect(source, stream, passage);
          },
          // What comes from there is still heard: it may be on its way since before a move.
          forget: (source) => {
            const key = `${source.address} ${source.port}`;
            if (this.#bySource.get(key) !== place) return;
            this.#listening[0]!.forget(source);
            place.before.push(key);
            if (place.before.length > placesBeforeMax) this.#bySource.delete(place.before.shift()!);
          },
        };
      },
      keepNote: (text) => {
        place.note = text;
        return this.#keepNotes();
      },
      release: () => this.#release(place),
      leave: () => this.#leave(),
    };
  }

  #route(source: Peer, place: Place): void {
    const key = `${source.address} ${source.port}`;
    if (!this.#bySource.has(key)) this.#bySource.set(key, place);
    place.before = place.before.filter((one) => one !== key);
    const there = this.#byAddress.get(source.address) ?? new Set();
    this.#byAddress.set(source.address, there.add(place));
  }

  #release(place: Place): void {
    for (const [key, one] of this.#bySource) {
      if (one !== place) continue;
      const [address, port] = key.split(' ') as [string, string];
      this.#listening[0]!.forget({ address, port: Number(port) });
      this.#bySource.delete(key);
    }
    for (const [address, there] of this.#byAddress) {
      if (there.delete(place) && there.size === 0) this.#byAddress.delete(address);
    }
    this.#places.delete(place);
    if (this.#places.size > 0) void this.#keepNotes();
    else {
      for (const one of this.#listening) one.stop();
      this.#options.onEmpty();
    }
  }

  #leave(): void {
    if (this.#phase === 'left') return;
    this.#phase = 'left';
    for (const one of this.#listening) one.stop();
    for (const socket of [this.#options.lease.rtp, this.#options.lease.rtcp]) socket.close();
  }

  // All of one turn in one message.
  #keepNotes(): Promise<void> {
    this.#writing ??= Promise.resolve().then(() => {
      this.#writing = undefined;
      if (this.#places.size === 0) return undefined;
      const notes = [...this.#places].map(({ note }) => note).filter((note) => note !== '');
      return this.#options.lease.keepNote(JSON.stringify({ shared: notes } satisfies SharedNote));
    });
    return this.#writing;
  }

  #hear(datagram: Buffer, address: string, port: number, atUs: number): void {
    const place =
      this.#bySource.get(`${address} ${port}`) ??
      (isRtcp(datagram) ? this.#bySource.get(`${address} ${port - 1}`) : undefined) ??
      this.#onlyOneAt(address);
    if (place) place.listener?.hear(datagram, address, port, atUs);
    else if (!this.#unclaimedTold) {
      this.#unclaimedTold = true;
      this.#options.onUnclaimed({ address, port });
    }
  }

  #onlyOneAt(address: string): Place | undefined {
    const there = this.#byAddress.get(address);
    return there?.size === 1 ? [...there][0] : undefined;
  }
}
