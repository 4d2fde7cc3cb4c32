import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { type Fact, keysOf } from '#src/recording/consolidate';
import { SettledFacts } from '../../../cluster/replay/settled-facts.io.ts';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';
import { couple } from '../../src/recording/consolidate/facts-drawn.ts';

const said = (n: number, offset: number): Fact => {
  return { type: 'couple', writer: 'core-1', offset, couple: couple(n, 1_000 * offset) };
};
const group = (...facts: Fact[]) => ({ names: [...new Set(facts.flatMap(keysOf))], facts });

it('R-RPL-1: what was put last under a name is found, once, also when the tables of names are lost', async () => {
  const folder = temporaryFolder('settled');
  onTestFinished(() => folder.remove());
  const alarmed = (...words: unknown[]) => expect.unreachable(JSON.stringify(words));
  const open = () => SettledFacts.open({ folder: folder.path, ...journalKeys, onAlarm: alarmed, onCut: alarmed });
  const first = await open();
  await first.put([group(said(1, 1)), group(said(2, 1))]);
  await first.put([group(said(1, 2), said(3, 2))]);
  await first.put([]);
  await first.close();
  for (const life of ['as it was left', 'without tables']) {
    if (life === 'without tables')
      for (const name of readdirSync(folder.path)) if (name.startsWith('names')) rmSync(join(folder.path, name));
    const settled = await open();
    expect(await settled.find(keysOf(said(1, 9))), life).toEqual([group(said(1, 2), said(3, 2))]);
    expect(await settled.find([...keysOf(said(3, 9)), ...keysOf(said(1, 9))]), life).toHaveLength(1);
    expect(await settled.find(keysOf(said(4, 9))), life).toEqual([]);
    const all = [];
    for await (const { names, facts } of settled.all()) all.push({ names, facts });
    expect(all, life).toEqual([group(said(2, 1)), group(said(1, 2), said(3, 2))]);
    await settled.close();
  }
});
