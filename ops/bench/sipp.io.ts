// Calls placed by SIPp, which costs less than what it measures, and what it saw of them.

import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { root } from '#ops/start';
import { TwinreelError } from '#src/errors';
import { type CallsSeen, readCallsSeen } from './sipp-statistics.ts';

/** Calls to place. */
export interface Calls {
  /** A scenario of ops/bench/scenarios, without `.xml`. */
  readonly scenario: string;
  readonly target: { readonly address: string; readonly port: number };
  readonly calls: number;
  readonly callsPerSecond: number;
  readonly callMs: number;
  /** `[field0]`, `[field1]`, … of each call. */
  readonly injection?: readonly (readonly string[])[];
}

const scenarios = resolve(root, 'ops/bench/scenarios');
/** What SIPp has not read yet must not be lost: it would be measured as a repetition, half a second later. */
const queueBytes = 4 * 1024 * 1024;
/** Signals of a bench that is over; SIPp's own time-out comes first. */
const patienceMs = 60_000;

/** Places the calls and waits for their end. Rejects with `bench-impossible` when SIPp is not there or does not end well. */
export async function placeCalls(calls: Calls): Promise<CallsSeen> {
  const folder = mkdtempSync(join(tmpdir(), 'twinreel-bench-'));
  try {
    await run(folder, calls);
    return readSeen(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Calls that are recorded: a pair of INVITEs for each, as a media server sends them. `name` tells its recordings from others. */
export function placePairs({
  name,
  target,
  calls,
  callsPerSecond,
  callMs,
}: Omit<Calls, 'scenario' | 'injection'> & { readonly name: string }): Promise<CallsSeen> {
  const injection = Array.from({ length: 2 * calls }, (_, index) => {
    const call = index >> 1;
    return [`${name}-${call}`, `${name}${call}`, index % 2 === 0 ? '3556' : '0412', String((index % 2) + 1)];
  });
  const each = { scenario: 'msr-pair', target, injection };
  return placeCalls({ ...each, calls: 2 * calls, callsPerSecond: 2 * callsPerSecond, callMs });
}

function run(folder: string, { scenario, target, calls, callsPerSecond, callMs, injection }: Calls): Promise<void> {
  const runMs = (calls / callsPerSecond) * 1_000 + callMs + patienceMs;
  const args = [
    '-sf',
    join(scenarios, `${scenario}.xml`),
    '-i',
    '127.0.0.1',
    '-nostdin',
    '-trace_stat',
    '-stf',
    'seen.csv',
  ];
  args.push('-m', `${calls}`, '-l', `${calls}`, '-r', `${callsPerSecond}`, '-d', `${callMs}`);
  args.push('-trace_rtt', '-rtt_freq', '10', '-timeout', `${Math.ceil(runMs / 1_000)}s`, '-recv_timeout', '40000');
  args.push('-buff_size', `${queueBytes}`);
  if (injection) {
    writeFileSync(
      join(folder, 'calls.csv'),
      ['SEQUENTIAL', ...injection.map((fields) => fields.join(';')), ''].join('\n'),
    );
    args.push('-inf', 'calls.csv');
  }
  args.push(`${target.address}:${target.port}`);
  const child = spawn('sipp', args, { cwd: folder, stdio: 'ignore' });
  return new Promise((settle, fail) => {
    child.once('error', (error) =>
      fail(new TwinreelError('bench-impossible', `sipp cannot be started: ${error.message}`)),
    );
    // 1: some call failed, which is a figure and not an error.
    child.once('exit', (code, signal) => {
      if (code === 0 || code === 1) settle();
      else fail(new TwinreelError('bench-impossible', `sipp ended with ${signal ?? code}`));
    });
  });
}

function readSeen(folder: string): CallsSeen {
  const times = readdirSync(folder).find((name) => name.endsWith('_rtt.csv'));
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  return readCallsSeen(read('seen.csv'), times === undefined ? '' : read(times));
}
