// Children of a test: started, waited for, and surely gone afterwards with everything they started. Never leaves a process
// or a temporary folder behind, not even when the test process itself dies of an error.

import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** What to start. */
export interface ProcessOptions {
  /** A program, or a compiled entry point of the project such as `dist/cluster/processes/keeper.js`. */
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** When it counts as started: a line of its output, or a file that appears. Without it: as soon as it runs. */
  readonly ready?: { readonly line: RegExp } | { readonly file: string };
}

/** How a child ended. */
export interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A running child. */
export interface RunningProcess {
  readonly pid: number;
  /** What it has written so far, standard output and error interleaved (the last 1 MiB). */
  output(): string;
  /** Resolves when it has ended, however that came about. */
  readonly ended: Promise<ProcessEnd>;
  /** Sends a signal to the child alone: a crash test. */
  kill(signal: NodeJS.Signals): void;
  /** Asks it to stop, and after `graceMs` (default 5,000) makes it; its own children end with it. Idempotent. */
  stop(graceMs?: number): Promise<ProcessEnd>;
}

/**
 * How long anything may take that is waited for. It ends what hangs, and judges nobody's speed: a machine that does other
 * things as well may need long for what is done in a moment.
 */
export const hangMsMax = process.env['TWINREEL_FULL'] ? 180_000 : 60_000;

const outputBytesMax = 1024 * 1024;
const projectRoot = resolve(import.meta.dirname, '../..');
const runningGroups = new Set<number>();
const folders = new Set<string>();

// The last line of defence: a test run that ends with an error takes its children and folders along.
process.on('exit', () => {
  for (const pid of runningGroups) signalGroup(pid, 'SIGKILL');
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Starts a child in a process group of its own and waits until it is ready. Rejects with its output when it is not. */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const compiled = options.command.startsWith('dist/');
  const args = compiled ? [join(projectRoot, options.command), ...(options.args ?? [])] : [...(options.args ?? [])];
  const child = spawn(compiled ? process.execPath : options.command, args, {
    cwd: options.cwd ?? projectRoot,
    env: { ...process.env, ...options.env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collectOutput(child);
  const ended = new Promise<ProcessEnd>((settle, fail) => {
    child.once('error', (error) => fail(new Error(`cannot start ${options.command}: ${error.message}`)));
    child.once('close', (exitCode, signal) => settle({ exitCode, signal }));
  });
  ended.catch(() => {});
  if (child.pid === undefined) {
    await ended;
    throw new Error(`cannot start ${options.command}`);
  }
  const pid = child.pid;
  runningGroups.add(pid);
  const running: RunningProcess = {
    pid,
    output: output.text,
    ended,
    kill: (signal) => void child.kill(signal),
    stop: (graceMs = 5_000) => stopGroup(child, pid, ended, graceMs),
  };
  try {
    await untilReady(options, output, ended);
  } catch (error) {
    await running.stop(0);
    throw error;
  }
  return running;
}

/** A new temporary folder; `remove` deletes it with all it holds. */
export function temporaryFolder(name = 'test'): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `twinreel-${name}-`));
  folders.add(path);
  const remove = () => {
    rmSync(path, { recursive: true, force: true });
    folders.delete(path);
  };
  return { path, remove };
}

/** Polls until `holds` gives a value; rejects after `withinMs` naming what was waited for. */
export async function until<T>(
  what: string,
  holds: () => T | undefined | false | Promise<T | undefined | false>,
  withinMs = hangMsMax,
): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await holds();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}`);
    await new Promise((wake) => setTimeout(wake, 10));
  }
}

interface Output {
  readonly text: () => string;
}

function collectOutput(child: ChildProcess): Output {
  let text = '';
  const take = (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-outputBytesMax);
  };
  child.stdout?.on('data', take);
  child.stderr?.on('data', take);
  return { text: () => text };
}

async function untilReady(options: ProcessOptions, output: Output, ended: Promise<ProcessEnd>): Promise<void> {
  const { ready } = options;
  if (!ready) return;
  let end: ProcessEnd | undefined;
  ended.then(
    (value) => {
      end = value;
    },
    () => {
      end = { exitCode: null, signal: null };
    },
  );
  const sign = 'line' in ready ? `a line like ${ready.line}` : `the file ${ready.file}`;
  const seen = () => ('line' in ready ? ready.line.test(output.text()) : existsSync(ready.file));
  try {
    await until(`${sign} from ${options.command}`, () => seen() || end !== undefined);
  } catch (error) {
    throw new Error(`${(error as Error).message}; its output:\n${output.text()}`);
  }
  if (!seen()) {
    const how = JSON.stringify(end);
    throw new Error(`${options.command} ended (${how}) before it was ready; its output:\n${output.text()}`);
  }
}

async function stopGroup(child: ChildProcess, pid: number, ended: Promise<ProcessEnd>, graceMs: number) {
  if (child.exitCode === null && child.signalCode === null) {
    if (graceMs > 0) child.kill('SIGTERM');
    const force = setTimeout(() => signalGroup(pid, 'SIGKILL'), graceMs);
    await ended.finally(() => clearTimeout(force));
  }
  signalGroup(pid, 'SIGKILL');
  runningGroups.delete(pid);
  return ended;
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already: that is what was wanted.
  }
}
