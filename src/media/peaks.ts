// What a waveform is drawn from: the lowest and the highest sample of every 20 ms, of both channels.
//
//   | "TRPK" (4) | version 1 (1) | channels 2 (1) | window, ms (2) | windows (4) | 0 (4) |          big-endian
//   | left: lowest, highest | right: lowest, highest |   a signed byte each, window by window; 127 is full scale

import { TwinreelError } from '#src/errors';

export const peakWindowMs = 20;
export const peaksHeaderBytes = 16;
const windowBytes = 4;
const magic = 'TRPK';

/** Takes samples in pieces of any length, gives the bytes of whole windows. */
export class PeakStream {
  readonly #windowFrames: number;
  #windows = 0;
  #frames = 0;
  #lows = [0, 0];
  #highs = [0, 0];

  constructor(sampleRateHz: number) {
    this.#windowFrames = (sampleRateHz * peakWindowMs) / 1000;
  }

  /** Left and right in turn. */
  add(samples: Int16Array): Buffer {
    const windows = Buffer.allocUnsafe((Math.floor(samples.length / 2 / this.#windowFrames) + 1) * windowBytes);
    let at = 0;
    for (let index = 0; index < samples.length; ) {
      const end = Math.min(samples.length, index + 2 * (this.#windowFrames - this.#frames));
      this.#frames += (end - index) / 2;
      index = this.#scan(samples, index, end);
      if (this.#frames < this.#windowFrames) break;
      at = this.#close(windows, at);
    }
    return windows.subarray(0, at);
  }

  /** The window that is not full, if any. */
  finish(): Buffer {
    const window = Buffer.allocUnsafe(windowBytes);
    return window.subarray(0, this.#frames > 0 ? this.#close(window, 0) : 0);
  }

  /** Known when all is added. */
  header(): Buffer {
    const header = Buffer.alloc(peaksHeaderBytes);
    header.write(magic, 0, 'latin1');
    header[4] = 1;
    header[5] = 2;
    header.writeUInt16BE(peakWindowMs, 6);
    header.writeUInt32BE(this.#windows, 8);
    return header;
  }

  #scan(samples: Int16Array, from: number, to: number): number {
    let [leftLow, rightLow] = this.#lows as [number, number];
    let [leftHigh, rightHigh] = this.#highs as [number, number];
    for (let index = from; index < to; index += 2) {
      const left = samples[index]!;
      const right = samples[index + 1]!;
      if (left < leftLow) leftLow = left;
      else if (left > leftHigh) leftHigh = left;
      if (right < rightLow) rightLow = right;
      else if (right > rightHigh) rightHigh = right;
    }
    this.#lows = [leftLow, rightLow];
    this.#highs = [leftHigh, rightHigh];
    return to;
  }

  #close(windows: Buffer, at: number): number {
    for (const channel of [0, 1]) {
      windows.writeInt8(Math.max(-127, Math.floor(this.#lows[channel]! / 256)), at + 2 * channel);
      windows.writeInt8(Math.min(127, Math.ceil(this.#highs[channel]! / 256)), at + 2 * channel + 1);
    }
    this.#lows = [0, 0];
    this.#highs = [0, 0];
    this.#frames = 0;
    this.#windows += 1;
    return at + windowBytes;
  }
}

/** Peaks as a page draws them: of each channel lowest and highest in turn, −1 to 1. */
export interface Peaks {
  readonly windowMs: number;
  readonly left: readonly number[];
  readonly right: readonly number[];
}

/**
 * Reads a file of peaks, several windows put into one where there are more than `windowsMax`.
 * @throws TwinreelError `peaks-unreadable`
 */
export function readPeaks(file: Buffer, windowsMax = Number.POSITIVE_INFINITY): Peaks {
  const windows = file.length < peaksHeaderBytes ? -1 : file.readUInt32BE(8);
  if (
    file.toString('latin1', 0, 4) !== magic ||
    file[4] !== 1 ||
    file.length < peaksHeaderBytes + windows * windowBytes
  ) {
    throw new TwinreelError('peaks-unreadable', `no file of peaks, or not all of it: ${file.length} bytes`);
  }
  const together = Math.max(1, Math.ceil(windows / windowsMax));
  const channel = (offset: number) => {
    const values: number[] = [];
    for (let first = 0; first < windows; first += together) {
      let [low, high] = [0, 0];
      for (let window = first; window < Math.min(windows, first + together); window++) {
        const at = peaksHeaderBytes + window * windowBytes + offset;
        low = Math.min(low, file.readInt8(at));
        high = Math.max(high, file.readInt8(at + 1));
      }
      values.push(low / 127, high / 127);
    }
    return values;
  };
  return { windowMs: file.readUInt16BE(6) * together, left: channel(0), right: channel(2) };
}
