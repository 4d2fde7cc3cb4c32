// Comfort noise (RFC 3389): a payload names a level and, if it likes, the shape of the spectrum.
//
//   | level, 0 to 127: −dBov | reflection coefficients, 0 to 12 of them, N = 127 × (k + 1) |
//
// Twinreel renders it as noise, so that one who listens can tell "the line was open and quiet" from a gap, which is
// digital silence. The noise is the same at every rendering: a fixed seed, no clock.

import { clip16 } from './codec.ts';

const orderMax = 12;
// 0 dBov is the power of a full-scale square wave (RFC 3389 §3).
const overloadLevel = 32767;

/** Makes noise for one source: feed every comfort noise payload, then ask for as many samples as the pause lasts. */
export class ComfortNoise {
  #amplitude = 0;
  #seed = 0x2545f491;
  #order = 0;
  readonly #reflection = new Float64Array(orderMax);
  readonly #delayed = new Float64Array(orderMax + 1);

  /** Takes level and shape from a payload; an empty one changes nothing. */
  update(payload: Uint8Array): void {
    if (payload.length === 0) return;
    const rms = overloadLevel * 10 ** (-(payload[0]! & 0x7f) / 20);
    this.#order = Math.min(orderMax, payload.length - 1);
    let power = 1;
    for (let index = 0; index < this.#order; index++) {
      const k = Math.max(-0.99, Math.min(0.99, (payload[index + 1]! - 127) / 128));
      this.#reflection[index] = k;
      power *= 1 - k * k;
    }
    // The filter amplifies by 1 / power; samples uniform in [−a, a] have the power a² / 3.
    this.#amplitude = rms * Math.sqrt(3 * power);
  }

  /** The next `count` samples. */
  samples(count: number): Int16Array {
    const samples = new Int16Array(count);
    for (let index = 0; index < count; index++) samples[index] = clip16(Math.round(this.#shape(this.#uniform())));
    return samples;
  }

  // All-pole lattice: e(m−1) = e(m) − k(m) × delayed(m−1);  delayed(m) = k(m) × e(m−1) + delayed(m−1).
  #shape(excitation: number): number {
    let error = excitation;
    for (let stage = this.#order; stage > 0; stage--) {
      const k = this.#reflection[stage - 1]!;
      error -= k * this.#delayed[stage - 1]!;
      this.#delayed[stage] = k * error + this.#delayed[stage - 1]!;
    }
    this.#delayed[0] = error;
    return error;
  }

  // xorshift32
  #uniform(): number {
    this.#seed ^= this.#seed << 13;
    this.#seed ^= this.#seed >>> 17;
    this.#seed ^= this.#seed << 5;
    return (this.#seed / 2 ** 31) * this.#amplitude;
  }
}
