// What one master key opens (RFC 3711 §3.2.3): the ciphers made from it, and how far each source has come. A packet that is
// opened counts as taken only once it is accepted; one that is refused changes nothing.

import { isRtcp, rtpHeaderBytes, sequenceOf, ssrcOf } from '#src/media/rtp';
import { type PacketCipher, packetCipher } from './packet-cipher.ts';
import { ReplayWindow } from './replay-window.ts';
import type { SrtpKey } from './suite.ts';

/** Why a datagram is refused. `replayed`: it was taken before, or is too old to know. */
export type SrtpRefusal = 'unauthenticated' | 'replayed';

/** How far a source has come: what a successor of this process must know to go on. */
export interface HeardSource {
  readonly ssrc: number;
  /** Of the highest packets taken, -1 for none: RTP's past all wraps, RTCP's as sent. */
  readonly index: number;
  readonly controlIndex: number;
}

interface Source {
  readonly media: ReplayWindow;
  readonly control: ReplayWindow;
}

// As many as the timeline follows. Only who has the key can bring another one.
const sourcesMax = 64;
const controlSsrcAt = 4;
const sequences = 0x10000;

export class CryptoContext {
  readonly #cipher: PacketCipher;
  readonly #sources = new Map<number, Source>();
  /** What the packet opened last takes when it is accepted. */
  #ssrc = 0;
  #isControl = false;
  #index = 0;

  constructor(key: SrtpKey, heard: readonly HeardSource[] = []) {
    this.#cipher = packetCipher(key);
    for (const { ssrc, index, controlIndex } of heard) {
      this.#sources.set(ssrc, { media: new ReplayWindow(index), control: new ReplayWindow(controlIndex) });
    }
  }

  get heard(): readonly HeardSource[] {
    return [...this.#sources].map(([ssrc, { media, control }]) => {
      return { ssrc, index: media.highest, controlIndex: control.highest };
    });
  }

  /**
   * Opens a datagram in place: a view of what was sealed. A source that is heard under this key for the first time may
   * count on from the `roundsBefore` of its numbers that it went under another one.
   */
  open(datagram: Buffer, roundsBefore = 0): Buffer | SrtpRefusal {
    return isRtcp(datagram) ? this.#openControl(datagram) : this.#openMedia(datagram, roundsBefore);
  }

  /** The packet opened last is taken: it is refused from now on. True when its source is new. */
  accept(): boolean {
    const known = this.#sources.get(this.#ssrc);
    const source = known ?? this.#begin(this.#ssrc);
    (this.#isControl ? source.control : source.media).take(this.#index);
    return known === undefined;
  }

  /** How many times the numbers of a source have gone round. */
  roundsOf(ssrc: number): number {
    return Math.max(0, Math.floor((this.#sources.get(ssrc)?.media.highest ?? 0) / sequences));
  }

  #openMedia(datagram: Buffer, roundsBefore: number): Buffer | SrtpRefusal {
    const bodyAt = bodyAtOf(datagram);
    if (bodyAt > datagram.length) return 'unauthenticated';
    const ssrc = ssrcOf(datagram);
    const sequence = sequenceOf(datagram);
    const media = this.#sources.get(ssrc)?.media;
    if (media && media.highest >= 0) {
      const index = media.indexOf(sequence);
      // Before any cipher is run: it is cheap, and who sends again costs nothing.
      return media.refuses(index) ? 'replayed' : this.#try(datagram, bodyAt, ssrc, index);
    }
    // A sender begins in round 0 (RFC 3711 §3.3.1). What it sent before a wrap may not have come.
    for (const first of new Set([0, roundsBefore])) {
      for (const round of sequence < sequences / 2 ? [first, first + 1] : [first]) {
        const opened = this.#try(datagram, bodyAt, ssrc, round * sequences + sequence);
        if (typeof opened !== 'string') return opened;
      }
    }
    return 'unauthenticated';
  }

  #try(datagram: Buffer, bodyAt: number, ssrc: number, index: number): Buffer | SrtpRefusal {
    const length = this.#cipher.openRtp(datagram, bodyAt, index);
    if (length < 0) return 'unauthenticated';
    this.#opened(ssrc, false, index);
    return datagram.subarray(0, length);
  }

  #openControl(datagram: Buffer): Buffer | SrtpRefusal {
    const index = this.#cipher.controlIndexOf(datagram);
    if (index < 0) return 'unauthenticated';
    const ssrc = datagram.readUInt32BE(controlSsrcAt);
    if (this.#sources.get(ssrc)?.control.refuses(index)) return 'replayed';
    const length = this.#cipher.openRtcp(datagram);
    if (length < 0) return 'unauthenticated';
    this.#opened(ssrc, true, index);
    return datagram.subarray(0, length);
  }

  #opened(ssrc: number, isControl: boolean, index: number): void {
    this.#ssrc = ssrc;
    this.#isControl = isControl;
    this.#index = index;
  }

  #begin(ssrc: number): Source {
    if (this.#sources.size >= sourcesMax) this.#sources.delete(this.#sources.keys().next().value!);
    const source = { media: new ReplayWindow(), control: new ReplayWindow() };
    this.#sources.set(ssrc, source);
    return source;
  }
}

/** Where the payload begins: behind CSRC list and extension, which are not encrypted. May lie beyond the end. */
function bodyAtOf(datagram: Buffer): number {
  const first = datagram[0]!;
  const at = rtpHeaderBytes + 4 * (first & 0x0f);
  if ((first & 0x10) === 0) return at;
  return at + 4 > datagram.length ? at + 4 : at + 4 + 4 * datagram.readUInt16BE(at + 2);
}
