// G.722 at 64 kbit/s (ITU-T G.722, 11/1988): 16 kHz samples, one byte for each two of them.
// Written from the recommendation's block descriptions; the names of its blocks stand beside each step.
//
//   16 kHz ─▶ QMF ─┬─ 0–4 kHz ─▶ ADPCM, 6 bits ─┐            the byte:  | high (2) | low (6) |
//                  └─ 4–8 kHz ─▶ ADPCM, 2 bits ─┴─▶ byte
//
// RTP timestamps of G.722 run at 8000 Hz all the same (RFC 3551 §4.5.2): one tick a byte.

import { clip16, type Decoder, type Encoder } from './codec.ts';
import {
  type BandShape,
  codeHigh,
  codeLow,
  highBand,
  inverse2,
  inverse4,
  inverse6,
  logToLinear,
  lowBand,
  qmf,
} from './g722-tables.ts';

/** A decoder for one source; lost bytes are simply not fed, the state adapts. */
export function g722Decoder(): Decoder {
  const low = new Band(lowBand);
  const high = new Band(highBand);
  const synthesis = new QmfWindow();
  return {
    sampleRateHz: 16000,
    decode(payload) {
      const samples = new Int16Array(payload.length * 2);
      for (let index = 0; index < payload.length; index++) {
        const lowCode = payload[index]! & 0x3f;
        const highCode = payload[index]! >> 6;
        // Blocks 5L, 6L: the signal itself uses all six bits; the adaptation below only the four that are always there.
        const lowSignal = clip15(low.predicted + ((low.step * inverse6[lowCode]!) >> 15));
        low.adapt(lowCode >> 2, (low.step * inverse4[lowCode >> 2]!) >> 15);
        const highDifference = (high.step * inverse2[highCode]!) >> 15;
        const highSignal = clip15(high.predicted + highDifference);
        high.adapt(highCode, highDifference);
        synthesis.push(lowSignal + highSignal, lowSignal - highSignal);
        samples[2 * index] = clip16(synthesis.odd() >> 11);
        samples[2 * index + 1] = clip16(synthesis.even() >> 11);
      }
      return samples;
    },
  };
}

/** An encoder for one source; takes an even number of samples at a time. */
export function g722Encoder(): Encoder {
  const low = new Band(lowBand);
  const high = new Band(highBand);
  const analysis = new QmfWindow();
  return {
    sampleRateHz: 16000,
    encode(samples) {
      const payload = Buffer.allocUnsafe(samples.length >> 1);
      for (let index = 0; index < payload.length; index++) {
        analysis.push(samples[2 * index]!, samples[2 * index + 1]!);
        const even = analysis.even();
        const odd = analysis.odd();
        const lowCode = codeLow(clip16(((odd + even) >> 14) - low.predicted), low.step);
        low.adapt(lowCode >> 2, (low.step * inverse4[lowCode >> 2]!) >> 15);
        const highCode = codeHigh(clip16(((odd - even) >> 14) - high.predicted), high.step);
        high.adapt(highCode, (high.step * inverse2[highCode]!) >> 15);
        payload[index] = (highCode << 6) | lowCode;
      }
      return payload;
    },
  };
}

/** One band's adaptive quantiser step and pole-zero predictor. */
class Band {
  /** Prediction of the next sample. */
  predicted = 0;
  /** Linear step of the quantiser. */
  step: number;

  #logStep = 0;
  #zeroPart = 0;
  #pole1 = 0;
  #pole2 = 0;
  #signal1 = 0;
  #signal2 = 0;
  #partial1 = 0;
  #partial2 = 0;
  readonly #zeros = new Int32Array(6);
  readonly #differences = new Int32Array(6);
  readonly #shape: BandShape;

  constructor(shape: BandShape) {
    this.#shape = shape;
    this.step = shape.firstStep;
  }

  /** Takes in one sample's code and the difference it stands for, and predicts the next sample (blocks 3 and 4). */
  adapt(code: number, difference: number): void {
    this.#scale(code);
    const signal = clip16(this.predicted + difference);
    const partial = clip16(this.#zeroPart + difference);
    this.#updatePoles(partial);
    this.#updateZeros(difference);
    this.#signal2 = this.#signal1;
    this.#signal1 = signal;
    this.#partial2 = this.#partial1;
    this.#partial1 = partial;
    this.#predict();
  }

  // LOGSCL, SCALEL and LOGSCH, SCALEH
  #scale(code: number): void {
    const { stepChange, logStepMax, exponentMax } = this.#shape;
    const moved = ((this.#logStep * 127) >> 7) + stepChange[code]!;
    this.#logStep = Math.max(0, Math.min(logStepMax, moved));
    const mantissa = logToLinear[(this.#logStep >> 6) & 31]!;
    const shift = exponentMax - (this.#logStep >> 11);
    this.step = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
  }

  // UPPOL2, then UPPOL1, which is limited by the new second pole
  #updatePoles(partial: number): void {
    const sameAs1 = partial < 0 === this.#partial1 < 0;
    const sameAs2 = partial < 0 === this.#partial2 < 0;
    const scaled = clip16(this.#pole1 << 2);
    const turned = sameAs1 ? clip16(-scaled) : scaled;
    const second = (sameAs2 ? 128 : -128) + (turned >> 7) + ((this.#pole2 * 32512) >> 15);
    this.#pole2 = Math.max(-12288, Math.min(12288, second));
    const first = clip16((sameAs1 ? 192 : -192) + ((this.#pole1 * 32640) >> 15));
    const limit = 15360 - this.#pole2;
    this.#pole1 = Math.max(-limit, Math.min(limit, first));
  }

  // UPZERO, then DELAYA
  #updateZeros(difference: number): void {
    const zeros = this.#zeros;
    const past = this.#differences;
    const change = difference === 0 ? 0 : 128;
    for (let tap = 5; tap >= 0; tap--) {
      const towards = past[tap]! < 0 === difference < 0 ? change : -change;
      zeros[tap] = clip16(towards + ((zeros[tap]! * 32640) >> 15));
    }
    for (let tap = 5; tap > 0; tap--) past[tap] = past[tap - 1]!;
    past[0] = difference;
  }

  // FILTEP, FILTEZ, PREDIC
  #predict(): void {
    const zeros = this.#zeros;
    const past = this.#differences;
    let zeroPart = 0;
    for (let tap = 5; tap >= 0; tap--) zeroPart = clip16(zeroPart + ((zeros[tap]! * clip16(past[tap]! << 1)) >> 15));
    const poles1 = (this.#pole1 * clip16(this.#signal1 << 1)) >> 15;
    const poles2 = (this.#pole2 * clip16(this.#signal2 << 1)) >> 15;
    this.#zeroPart = zeroPart;
    this.predicted = clip16(clip16(poles1 + poles2) + zeroPart);
  }
}

/** The last 24 values of the quadrature mirror filter, in a ring that is written twice so that it reads straight. */
class QmfWindow {
  readonly #values = new Int32Array(48);
  #at = 0;

  push(first: number, second: number): void {
    const at = this.#at;
    this.#values[at] = this.#values[at + 24] = first;
    this.#values[at + 1] = this.#values[at + 25] = second;
    this.#at = at === 22 ? 0 : at + 2;
  }

  /** Sum over the values pushed first. */
  even(): number {
    const values = this.#values;
    const at = this.#at;
    let sum = 0;
    for (let tap = 0; tap < 12; tap++) sum += values[at + 2 * tap]! * qmf[tap]!;
    return sum;
  }

  /** Sum over the values pushed second, coefficients mirrored. */
  odd(): number {
    const values = this.#values;
    const at = this.#at + 1;
    let sum = 0;
    for (let tap = 0; tap < 12; tap++) sum += values[at + 2 * tap]! * qmf[11 - tap]!;
    return sum;
  }
}

function clip15(value: number): number {
  return Math.max(-16384, Math.min(16383, value));
}
