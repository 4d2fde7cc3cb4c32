// Cuts a stream of bytes into SIP messages (RFC 3261 §18.3) and keep-alives (RFC 5626 §3.5.1). Whoever connects may send
// anything, in pieces of any size: work is linear in the bytes, memory is bounded, and what can be no message ends the
// stream at once, since nobody knows where the next one would begin.
//
//   *( CRLF ) start line CRLF *( header CRLF ) CRLF body        body: Content-Length bytes
//   CRLF CRLF                                                   between messages: a ping; CRLF alone is its pong

import { StreamRemainder } from './stream-remainder.ts';

/** The most a message may have. */
export interface FramingLimits {
  /** Start line and headers. */
  readonly headBytesMax: number;
  /** Head and body. */
  readonly messageBytesMax: number;
}

/** Why a stream cannot be read on. */
export type FramingProblem = 'stream-garbage' | 'stream-length' | 'too-large';

/** What stands in a stream, in order. After `broken` nothing is read any more. */
export type Framed =
  | { readonly type: 'message'; readonly bytes: Buffer }
  /** The peer wants to hear a CRLF. */
  | { readonly type: 'ping' }
  /** `head` is what could be read of the message, for an answer with `status`; empty where nobody is there to be answered. */
  | { readonly type: 'broken'; readonly problem: FramingProblem; readonly head: Buffer; readonly status: 400 | 513 };

type FramingState =
  | { readonly phase: 'between'; readonly lineEnds: number }
  /** No line end before `scanned`. */
  | { readonly phase: 'start-line'; readonly scanned: number }
  /** No blank line ends before `scanned`. */
  | { readonly phase: 'head'; readonly scanned: number }
  | { readonly phase: 'body'; readonly messageBytes: number }
  | { readonly phase: 'broken' };

interface Step {
  readonly taken: number;
  readonly framed?: Framed;
}

const [lineFeed, carriageReturn] = [0x0a, 0x0d];
const nothing = Buffer.alloc(0);

export class StreamFraming {
  readonly #limits: FramingLimits;
  readonly #remainder = new StreamRemainder();
  #state: FramingState = { phase: 'between', lineEnds: 0 };

  constructor(limits: FramingLimits) {
    this.#limits = limits;
  }

  /** Whether a message has begun that has not ended. */
  get isWithin(): boolean {
    return this.#state.phase !== 'between' && this.#state.phase !== 'broken';
  }

  /** Bytes of it that have come. */
  get waitingBytes(): number {
    return this.#remainder.length;
  }

  /** Takes the next bytes. Pings of one piece that stand together are one. */
  push(chunk: Buffer): Framed[] {
    const framed: Framed[] = [];
    let rest = this.#remainder.with(chunk);
    for (let step = this.#step(rest); step; step = this.#step(rest)) {
      if (step.framed) framed.push(step.framed);
      rest = rest.subarray(step.taken);
    }
    this.#remainder.keep(this.#state.phase === 'broken' ? nothing : rest);
    return framed;
  }

  /** The next step that the bytes are enough for. */
  #step(bytes: Buffer): Step | undefined {
    switch (this.#state.phase) {
      case 'between':
        return this.#between(bytes, this.#state.lineEnds);
      case 'start-line':
        return this.#startLine(bytes, this.#state.scanned);
      case 'head':
        return this.#head(bytes, this.#state.scanned);
      case 'body':
        return this.#body(bytes, this.#state.messageBytes);
      case 'broken':
        return undefined;
    }
  }

  #between(bytes: Buffer, before: number): Step | undefined {
    if (bytes.length === 0) return undefined;
    let at = 0;
    let lineEnds = before;
    for (; bytes[at] === carriageReturn || bytes[at] === lineFeed; at += 1) if (bytes[at] === lineFeed) lineEnds += 1;
    this.#state =
      at < bytes.length ? { phase: 'start-line', scanned: 0 } : { phase: 'between', lineEnds: lineEnds % 2 };
    return lineEnds >= 2 ? { taken: at, framed: { type: 'ping' } } : { taken: at };
  }

  /** A stranger (HTTP and the like) shows in the first line, whatever follows; a TLS hello on a TCP port in the first byte. */
  #startLine(bytes: Buffer, scanned: number): Step | undefined {
    const feed = bytes.indexOf(lineFeed, scanned);
    const line = bytes.toString('latin1', 0, feed < 0 ? 1 : Math.min(feed, this.#limits.headBytesMax));
    if (!/^[\w.!%*+`'~-]/.test(line) || (feed >= 0 && !/SIP\/\d/i.test(line))) {
      return this.#broken('stream-garbage', nothing, 400);
    }
    if (feed < 0) return this.#wait(bytes, { phase: 'start-line', scanned: bytes.length });
    this.#state = { phase: 'head', scanned: feed };
    return { taken: 0 };
  }

  #head(bytes: Buffer, scanned: number): Step | undefined {
    let feed = bytes.indexOf(lineFeed, scanned);
    for (; feed >= 0 && feed < this.#limits.headBytesMax; feed = bytes.indexOf(lineFeed, feed + 1)) {
      const next = bytes[feed + 1] === carriageReturn ? feed + 2 : feed + 1;
      if (bytes[next] === lineFeed) return this.#headEnds(bytes.subarray(0, next + 1));
      // A line end that came last may be half of a blank line.
      if (next >= bytes.length) break;
    }
    return this.#wait(bytes, { phase: 'head', scanned: feed >= 0 ? feed : bytes.length });
  }

  #wait(bytes: Buffer, state: FramingState): Step | undefined {
    const { headBytesMax } = this.#limits;
    if (bytes.length > headBytesMax) return this.#broken('too-large', bytes.subarray(0, headBytesMax), 513);
    this.#state = state;
    return undefined;
  }

  #headEnds(head: Buffer): Step {
    const length = bodyLength(head.toString('latin1'));
    if (length === undefined) return this.#broken('stream-length', head, 400);
    const messageBytes = head.length + length;
    if (messageBytes > this.#limits.messageBytesMax) return this.#broken('too-large', head, 513);
    this.#state = { phase: 'body', messageBytes };
    return { taken: 0 };
  }

  #body(bytes: Buffer, messageBytes: number): Step | undefined {
    if (bytes.length < messageBytes) return undefined;
    this.#state = { phase: 'between', lineEnds: 0 };
    return { taken: messageBytes, framed: { type: 'message', bytes: bytes.subarray(0, messageBytes) } };
  }

  #broken(problem: FramingProblem, head: Buffer, status: 400 | 513): Step {
    this.#state = { phase: 'broken' };
    return { taken: 0, framed: { type: 'broken', problem, head, status } };
  }
}

/**
 * What Content-Length says, which a stream needs (RFC 3261 §20.14); undefined when it says nothing that can be used. Without
 * it a message that names no Content-Type has no body either, which is what peers mean who leave both out.
 */
function bodyLength(head: string): number | undefined {
  const lines = head.replace(/\r?\n[ \t]+/g, ' ');
  const written = new Set(
    [...lines.matchAll(/\n(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*?)[ \t]*\r?(?=\n)/gi)].map((one) => one[1]!),
  );
  if (written.size === 0) return /\n(?:content-type|c)[ \t]*:/i.test(lines) ? undefined : 0;
  const [first] = written;
  return written.size === 1 && /^\d{1,10}$/.test(first!) ? Number(first) : undefined;
}
