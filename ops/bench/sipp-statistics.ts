// What SIPp wrote down of the calls it placed: its counters (`-trace_stat`, the last line holds the sums) and a line for each
// answer that a scenario times (`-trace_rtt`).
//
//   StartTime;…;SuccessfulCall(C);FailedCall(C);…;Retransmissions(C);…;refused(C);
//   Date_ms;response_time_ms;rtd_no           when the answer came, how long it took, which of them: see the scenarios

import { type Figures, percentile } from './bench.ts';

/** An answer: when it came, in ms since SIPp began, and how long after its request. */
export interface TimedAnswer {
  readonly atMs: number;
  readonly tookMs: number;
}

/** What came of calls. */
export interface CallsSeen {
  readonly succeeded: number;
  /** Answered 503. */
  readonly refused: number;
  readonly failed: number;
  /** Messages SIPp sent again. */
  readonly retransmissions: number;
  /** INVITE to 200, BYE to 200, INVITE to 503. */
  readonly invites: readonly TimedAnswer[];
  readonly byes: readonly TimedAnswer[];
  readonly refusals: readonly TimedAnswer[];
}

/** Reads both files; `times` is empty when SIPp had nothing to write. */
export function readCallsSeen(statistics: string, times: string): CallsSeen {
  const [names = [], ...rows] = rowsOf(statistics);
  const last = rows.at(-1) ?? [];
  const figure = (name: string) => Number(last[names.indexOf(name)] ?? 0);
  const [, ...answers] = rowsOf(times);
  const numbered = (number: string) =>
    answers
      .filter((fields) => fields[2] === number)
      .map(([atMs, tookMs]) => ({ atMs: Number(atMs), tookMs: Number(tookMs) }));
  const refused = figure('refused(C)');
  return {
    succeeded: figure('SuccessfulCall(C)') - refused,
    refused,
    failed: figure('FailedCall(C)'),
    retransmissions: figure('Retransmissions(C)'),
    invites: numbered('1'),
    byes: numbered('2'),
    refusals: numbered('3'),
  };
}

/** Figures of a part of a bench, named after it. */
export function figuresOf(part: string, seen: CallsSeen): Figures {
  return {
    [`${part}Succeeded`]: seen.succeeded,
    [`${part}Refused`]: seen.refused,
    [`${part}Failed`]: seen.failed,
    [`${part}Retransmissions`]: seen.retransmissions,
    [`${part}InviteMsP50`]: percentile(durationsOf(seen.invites), 0.5),
    [`${part}InviteMsP99`]: percentile(durationsOf(seen.invites), 0.99),
    [`${part}ByeMsP99`]: percentile(durationsOf(seen.byes), 0.99),
  };
}

/** Which share of the calls succeeded. */
export function shareOf({ succeeded, refused, failed }: CallsSeen): number {
  const all = succeeded + refused + failed;
  return all === 0 ? 0 : Math.round((succeeded / all) * 1_000) / 1_000;
}

/** How long these answers took, in ms. */
export function durationsOf(answers: readonly TimedAnswer[]): number[] {
  return answers.map(({ tookMs }) => tookMs);
}

/** When the last call was placed, in ms since SIPp began; `undefined` when none was answered. */
export function lastPlacedMs({ invites, refusals }: CallsSeen): number | undefined {
  return [...invites, ...refusals].reduce<number | undefined>(
    (latest, { atMs, tookMs }) => Math.max(latest ?? 0, atMs - tookMs),
    undefined,
  );
}

/** How long after `sinceMs` a probe went on being refused, or answered later than `wellMsMax`; 0 when it never was. */
export function recoveryMs(
  { invites, refusals }: Pick<CallsSeen, 'invites' | 'refusals'>,
  sinceMs: number,
  wellMsMax: number,
): number {
  const badly = [...refusals, ...invites.filter(({ tookMs }) => tookMs > wellMsMax)];
  return badly.reduce((longest, { atMs, tookMs }) => Math.max(longest, atMs - tookMs - sinceMs), 0);
}

function rowsOf(text: string): string[][] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.map((line) => line.split(';').map((field) => field.trim()));
}
