// The numbers of ITU-T G.722 (11/1988), and the two quantisers that are nothing but tables.

/** The numbers in which the two bands differ. */
export interface BandShape {
  /** Step size before the first sample. */
  readonly firstStep: number;
  /** Change of the logarithmic step for each code (W of blocks 3L and 3H). */
  readonly stepChange: Int16Array;
  readonly logStepMax: number;
  /** Exponent at which the logarithmic step turns into a linear one. */
  readonly exponentMax: number;
}

/** Half of the symmetric quadrature mirror filter (table 11/G.722), scaled by 8192. */
export const qmf = Int16Array.of(3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11);

/** Quantised difference of each six-bit low code, relative to the step (QM6). */
// biome-ignore format: one row of eight codes a line, as in the recommendation
export const inverse6 = Int16Array.of(
    -136,   -136,   -136,   -136, -24808, -21904, -19008, -16704,
  -14984, -13512, -12280, -11192, -10232,  -9360,  -8576,  -7856,
   -7192,  -6576,  -6000,  -5456,  -4944,  -4464,  -4008,  -3576,
   -3168,  -2776,  -2400,  -2032,  -1688,  -1360,  -1040,   -728,
   24808,  21904,  19008,  16704,  14984,  13512,  12280,  11192,
   10232,   9360,   8576,   7856,   7192,   6576,   6000,   5456,
    4944,   4464,   4008,   3576,   3168,   2776,   2400,   2032,
    1688,   1360,   1040,    728,    432,    136,   -432,   -136,
);

/** The same for the upper four bits of a low code (QM4), which alone steer the adaptation. */
// biome-ignore format: one row of eight codes a line, as in the recommendation
export const inverse4 = Int16Array.of(
      0, -20456, -12896, -8968, -6288, -4240, -2584, -1200,
  20456,  12896,   8968,  6288,  4240,  2584,  1200,     0,
);

/** The same for a high code (QM2). */
export const inverse2 = Int16Array.of(-7408, -1616, 7408, 1616);

/** 2048 × 2^(i / 32) (ILB). */
// biome-ignore format: one row of eight a line
export const logToLinear = Int16Array.of(
  2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383,
  2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
  2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371,
  3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
);

/** The low band; WL is listed by code here, RL42 already applied. */
export const lowBand: BandShape = {
  firstStep: 32,
  stepChange: Int16Array.of(-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60),
  logStepMax: 18432,
  exponentMax: 8,
};

/** The high band; WH by code, RH2 already applied. */
export const highBand: BandShape = {
  firstStep: 8,
  stepChange: Int16Array.of(798, -214, 798, -214),
  logStepMax: 22528,
  exponentMax: 10,
};

/** Decision levels of the low band (Q6). */
// biome-ignore format: one row of ten a line
const levels6 = Int16Array.of(
     0,   35,   72,  110,  150,  190,  233,  276,  323,  370,
   422,  473,  530,  587,  650,  714,  786,  858,  940, 1023,
  1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
);
const level2 = 564;

/** QUANTL: the six-bit code of a difference. Codes count down from the smallest interval outwards (ILN, ILP). */
export function codeLow(difference: number, step: number): number {
  const magnitude = difference < 0 ? ~difference : difference;
  let interval = 1;
  while (interval < 30 && magnitude >= (levels6[interval]! * step) >> 12) interval++;
  if (difference >= 0) return 62 - interval;
  return interval <= 2 ? 64 - interval : 34 - interval;
}

/** QUANTH: the two-bit code of a difference (IHN, IHP). */
export function codeHigh(difference: number, step: number): number {
  const magnitude = difference < 0 ? ~difference : difference;
  const outer = magnitude >= (level2 * step) >> 12;
  if (difference < 0) return outer ? 0 : 1;
  return outer ? 2 : 3;
}
