// `twinreel verify`: every recording here against its digests, chain and signature; every conversation once; nothing that counts as
// running and has ended. Ends with 1 when anything is wrong, and says what.

import { join } from 'node:path';
import type { Command } from 'commander';
import { loadSigners } from '#cluster/audio';
import { coreControl } from '#cluster/core';
import { type Account, replayControl } from '#cluster/replay';
import { codeOf, messageOf } from '#src/errors';
import { systemClock } from '#src/ports';
import { listRecordings, verifyRecording } from '#src/recording';
import { type CliContext, contextOf } from './context.ts';

/** How long replay may take to settle what it is about. */
const settleMsMax = 10_000;
const lookMs = 1_000;

interface Verdict {
  /** Folders that were looked into. */
  recordings: number;
  readonly findings: string[];
  /** What could not be looked at, and why. */
  readonly skipped: string[];
}

export function addVerifyCommand(program: Command): void {
  program
    .command('verify')
    .description(
      'every recording against its digests and chain, every conversation once, nothing active that has ended',
    )
    .action(async (_options: unknown, command: Command) => {
      const context = contextOf(command);
      const verdict: Verdict = { recordings: 0, findings: [], skipped: [] };
      await verifyRecordings(context, verdict);
      await verifyConversations(context, verdict);
      context.print(context.json ? JSON.stringify(verdict) : textOf(verdict));
      if (verdict.findings.length > 0) process.exitCode = 1;
    });
}

/** Those of this node, and those that its replay has fetched. */
async function verifyRecordings({ config, layout }: CliContext, verdict: Verdict): Promise<void> {
  const signature = await loadSigners(config, layout);
  const damaged = (folder: string, error: unknown) =>
    void verdict.findings.push(`${folder}: its manifest cannot be read: ${messageOf(error)}`);
  for (const recordingsDir of [layout.recordingsDir, join(layout.replayDir, 'recordings')]) {
    for await (const recording of listRecordings(recordingsDir, damaged)) {
      verdict.recordings += 1;
      const findings = await verifyRecording(recording, signature);
      verdict.findings.push(...findings.map((finding) => `${recording.folder}: ${finding}`));
    }
  }
}

async function verifyConversations({ layout }: CliContext, verdict: Verdict): Promise<void> {
  let account: Account;
  try {
    account = await settledAccount(layout.replaySocket);
  } catch (error) {
    if (codeOf(error) !== 'replay-unreachable') throw error;
    verdict.skipped.push(`conversations: ${messageOf(error)}`);
    return;
  }
  verdict.findings.push(...account.findings);
  if (account.running.length === 0) return;
  try {
    const couples = await coreControl.couples(layout.coreSocket);
    const active = new Set(couples.filter(({ phase }) => phase !== 'ended').map(({ sid }) => sid));
    const over = account.running.filter(({ sids }) => !sids.some((sid) => active.has(sid)));
    verdict.findings.push(
      ...over.map(({ conversation }) => `conversation ${conversation} counts as running, but no call of it is active`),
    );
  } catch (error) {
    verdict.skipped.push(`whether ${account.running.length} conversations still run: ${messageOf(error)}`);
  }
}

/** A conversation is on its way into the catalogue whenever more of it is known, audio that was made as well: what stays counts. */
async function settledAccount(socket: string): Promise<Account> {
  const untilMs = systemClock.monotonicMs() + settleMsMax;
  for (;;) {
    const account = await replayControl.account(socket);
    if (account.findings.length === 0 || systemClock.monotonicMs() > untilMs) return account;
    await new Promise<void>((resolve) => systemClock.after(lookMs, resolve));
  }
}

function textOf({ recordings, findings, skipped }: Verdict): string {
  return [
    ...findings,
    ...skipped.map((what) => `not looked at: ${what}`),
    `${recordings} recordings, ${findings.length === 0 ? 'nothing wrong' : `${findings.length} things wrong`}`,
  ].join('\n');
}
