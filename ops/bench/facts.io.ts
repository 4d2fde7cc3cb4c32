// What replay takes to know many conversations: memory when facts on all of them were told, time to begin with them, and time in which
// a late fact on one that is long settled is known. Beside it the memory that a conversation takes while it is held.

import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Knowledge } from '#cluster/replay';
import { seededRandom } from '#src/ports';
import { Consolidation, type Fact } from '#src/recording/consolidate';
import { type Bench, percentile } from './bench.ts';
import { factsOfCall } from './call-facts.ts';

/** Calls whose facts are told at once. */
const batch = 250;
const heldCalls = 5_000;
const lateFacts = 200;
const limits = { bytesMax: 16 * 2 ** 20, quietMs: 300_000 };

export const facts: Bench = {
  name: 'facts',
  about: 'calls of two cores and two recorders, told to replay',
  goals: () => [{ figure: 'mebibytesAfter', atMost: 200 }],
  async run({ rows, say }) {
    const folder = mkdtempSync(join(tmpdir(), 'twinreel-facts-'));
    const keys = generateKeyPairSync('rsa', { modulusLength: 3072 });
    const log = {
      warn: (fields: object) => say(JSON.stringify(fields)),
      error: (fields: object) => say(JSON.stringify(fields)),
    };
    const open = () => Knowledge.open({ folder, ...keys, ...limits, log });
    try {
      const kibibytesHeld = heldKibibytes();
      const before = usedMebibytes();
      const knowledge = await open();
      const cpuBefore = process.cpuUsage();
      for (let call = 0; call < rows; call += batch) {
        const told = Array.from({ length: Math.min(batch, rows - call) }, (_, n) => factsOfCall(call + n)).flat();
        await Promise.all(told.map((fact) => knowledge.learn(fact)));
        knowledge.takeChanged();
        await knowledge.putAway();
      }
      const { user, system } = process.cpuUsage(cpuBefore);
      const mebibytesAfter = usedMebibytes() - before;
      await knowledge.close();
      const beginning = process.cpuUsage();
      const again = await open();
      const begun = process.cpuUsage(beginning);
      const late = await lateMs(again, rows);
      await again.close();
      return {
        conversations: rows,
        mebibytesAfter: Math.round(mebibytesAfter),
        mebibytesIfHeld: Math.round((kibibytesHeld * rows) / 1_024),
        kibibytesHeld: Math.round(kibibytesHeld * 10) / 10,
        cpuUsPerConversation: Math.round((user + system) / rows),
        cpuMsToBegin: Math.round((begun.user + begun.system) / 1_000),
        msForLateFactP95: percentile(late, 0.95),
      };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function lateMs(knowledge: Knowledge, rows: number): Promise<number[]> {
  const random = seededRandom(3);
  const took: number[] = [];
  for (let n = 0; n < lateFacts; n += 1) {
    const [first] = factsOfCall(Math.floor(random.fraction() * rows)) as [Fact & { readonly type: 'couple' }];
    const began = performance.now();
    await knowledge.learn({ ...first, offset: first.offset + 1 });
    took.push(Math.round(performance.now() - began));
  }
  return took;
}

function heldKibibytes(): number {
  const before = usedMebibytes();
  const consolidation = new Consolidation();
  for (let call = 0; call < heldCalls; call += 1) for (const fact of factsOfCall(call)) consolidation.add(fact);
  const held = usedMebibytes() - before;
  // Used once more, or it would be garbage before.
  if (!consolidation.has('')) return (held * 1_024) / heldCalls;
  return 0;
}

function usedMebibytes(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 2 ** 20;
}
