// `twinreel journal inspect|verify DIR`: what stands in a journal, and whether it is whole.

import { join } from 'node:path';
import type { Command } from 'commander';
import { messageOf, TwinreelError } from '#src/errors';
import {
  inspectJournal,
  type JournalInspection,
  loadPrivateKey,
  parseSegmentName,
  type RecoveryReport,
  SegmentReader,
  systemFiles,
} from '#src/journal';
import { contextOf } from './context.ts';
import { table, time } from './output.ts';

export function addJournalCommand(program: Command): void {
  const journal = program.command('journal').description('journals of packets and facts, without and with keys');

  journal
    .command('inspect <dir>')
    .description(
      'headers, hash chain and digests of every segment; needs no key; exits 1 when something is torn or altered',
    )
    .action(async (dir: string, _options: unknown, command: Command) => {
      const { json, print } = contextOf(command);
      refuseOtherFolders(dir);
      const inspection = await inspectJournal(dir);
      print(json ? JSON.stringify(inspection) : inspectionText(inspection));
      if (!inspection.intact) process.exitCode = 1;
    });

  journal
    .command('verify <dir>')
    .description('as inspect, and opens every block with the key of this node; exits 1 when something does not open')
    .option('--key <file>', 'private key, PEM')
    .action(async (dir: string, options: { key?: string }, command: Command) => {
      const { json, print, layout } = contextOf(command);
      refuseOtherFolders(dir);
      const reports = await verifyJournal(dir, options.key ?? join(layout.keysDir, 'journal-private.pem'));
      const intact = reports.every((report) => report.cutAt === null);
      print(json ? JSON.stringify({ folder: dir, intact, segments: reports }) : reportsText(dir, intact, reports));
      if (!intact) process.exitCode = 1;
    });
}

/** A mistyped folder must not be called whole. */
function refuseOtherFolders(dir: string): void {
  let names: readonly string[];
  try {
    names = systemFiles.list(dir);
  } catch (error) {
    throw new TwinreelError('journal-unreadable', `${dir} cannot be read: ${messageOf(error)}`, { dir });
  }
  if (names.some(parseSegmentName)) return;
  throw new TwinreelError('journal-unreadable', `${dir} holds no journal segment (<writer>-….journal)`, { dir });
}

async function verifyJournal(dir: string, keyFile: string): Promise<RecoveryReport[]> {
  const privateKey = await loadPrivateKey(keyFile);
  const reports: RecoveryReport[] = [];
  for (const segment of systemFiles.list(dir).filter(parseSegmentName)) {
    const reader = await SegmentReader.open(join(dir, segment), { privateKey });
    while (await reader.next());
    reports.push(await reader.report());
    await reader.close();
  }
  return reports;
}

function inspectionText({ folder, intact, segments }: JournalInspection): string {
  const rows = segments.map((one) => {
    if (one.state === 'unreadable') return [one.segment, '', '', '', '', one.message];
    const { records, startedAtMs, chain, report } = one;
    return [one.segment, time(startedAtMs), report.blocksKept, records, chain, endOf(report)];
  });
  const titles = ['segment', 'started', 'blocks', 'records', 'chain', 'end'];
  return `${table(titles, rows)}\n${verdict(folder, intact)}`;
}

function reportsText(folder: string, intact: boolean, reports: readonly RecoveryReport[]): string {
  const rows = reports.map((report) => [report.segment, report.blocksKept, report.bytesKept, endOf(report)]);
  return `${table(['segment', 'blocks', 'bytes', 'end'], rows)}\n${verdict(folder, intact)}`;
}

function verdict(folder: string, intact: boolean): string {
  return `${folder}: ${intact ? 'whole' : 'DAMAGED'}`;
}

function endOf({ reason, cutAt }: RecoveryReport): string {
  return cutAt === null ? reason : `${reason}, cut at byte ${cutAt}`;
}
