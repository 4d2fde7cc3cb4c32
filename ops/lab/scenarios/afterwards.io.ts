// What `twinreel why`, `rules try`, `verify` and replay say about the calls that scenarios left behind, asked as anybody asks it.

import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readCallLedger } from '#cluster/core';
import { messageOf } from '#src/errors';
import { loadPrivateKey } from '#src/journal';
import type { Couple } from '#src/recording';
import type { HostileCheck } from './hostile-judgement.ts';
import type { LabCluster } from './lab-cluster.io.ts';
import { askWhatIsListed } from './replay-asking.io.ts';

/** A call that somebody can have heard of. */
export interface CallLeft {
  readonly kind: string;
  readonly callUuid: string;
}

export interface Afterwards {
  readonly checks: readonly HostileCheck[];
  /** By kind: what `why` says of the first call of it. */
  readonly answers: ReadonlyMap<string, string>;
}

const program = resolve(import.meta.dirname, '../../cli/twinreel.js');
const answerMsMax = 30_000;

export async function askAfterwards(
  cluster: LabCluster,
  { calls, couples }: { readonly calls: readonly CallLeft[]; readonly couples: readonly Couple[] },
  signal: AbortSignal,
): Promise<Afterwards> {
  const known = await answered(cluster);
  const unanswered = calls.filter(({ callUuid }) => !known.has(callUuid));
  const samples = new Map(calls.toReversed().map(({ kind, callUuid }) => [kind, callUuid]));
  const answers = new Map<string, string>();
  const mute: string[] = [];
  for (const [kind, callUuid] of samples) {
    const said = await ask(cluster, ['why', callUuid]);
    answers.set(kind, said.text);
    if (!said.ok || !said.text.includes(callUuid)) mute.push(`${kind}: ${said.text}`);
  }
  const tried = await ask(cluster, ['--json', 'rules', 'try', cluster.rulesFile]);
  const { calls: all = 0, changed = [] } = tried.ok ? (JSON.parse(tried.text) as Trial) : {};
  const latest = async () => [
    ...new Map([...couples, ...(await cluster.couples())].map((one) => [one.sid, one])).values(),
  ];
  const inReplay = await askWhatIsListed(cluster.replay, latest, signal);
  const verified = await ask(cluster, ['verify']);
  return {
    answers,
    checks: [
      inReplay,
      check('verify: nothing is wrong', verified.ok ? [] : [verified.text]),
      check(`why: an answer for each of ${calls.length} calls`, unanswered.map(nameOf)),
      check(`why: says something of a call of each kind, ${samples.size} in all`, mute),
      check(`rules try: the rules in force change nothing of ${all} calls`, [
        ...(tried.ok && all > 0 ? [] : [tried.text]),
        ...changed.map(({ callUuid, was, wouldBe }) => `${callUuid}: ${was}, would be ${wouldBe}`),
      ]),
    ],
  };
}

interface Trial {
  readonly calls?: number;
  readonly changed?: readonly { readonly callUuid: string; readonly was: string; readonly wouldBe: string }[];
}

/** CallUUIDs of calls that stand in the ledger: `why` has an answer for each, be it that no party of it talked. */
async function answered({ layout }: LabCluster): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  const privateKey = await loadPrivateKey(join(layout.keysDir, 'journal-private.pem'));
  for await (const { call } of readCallLedger(layout.callLedgerDir, privateKey, 0)) known.add(call.callUuid);
  return known;
}

/** As at a command line; what it prints, or why it could not. */
async function ask(
  { configFile }: LabCluster,
  words: readonly string[],
): Promise<{ readonly ok: boolean; readonly text: string }> {
  const options = { timeout: answerMsMax, maxBuffer: 64 * 2 ** 20 };
  return promisify(execFile)(process.execPath, [program, '--config', configFile, ...words], options).then(
    ({ stdout }) => ({ ok: true, text: stdout.trimEnd() }),
    (error: { readonly stdout?: string }) => ({ ok: false, text: error.stdout?.trimEnd() || messageOf(error) }),
  );
}

function nameOf({ kind, callUuid }: CallLeft): string {
  return `${kind} ${callUuid}`;
}

function check(about: string, wrong: readonly string[]): HostileCheck {
  return wrong.length === 0 ? { about, ok: true } : { about, ok: false, seen: wrong.join('; ') };
}
