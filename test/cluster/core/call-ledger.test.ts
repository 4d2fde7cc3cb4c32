import { utimesSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { CallFact } from '#actors/call';
import { CallLedger, readCallLedger } from '#cluster/core';
import { systemFiles } from '#src/journal';
import { VirtualClock } from '#src/ports';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';

const call = { tenant: 'acme', switch: 'sw', callUuid: 'CALL1' };
const dayMs = 86_400_000;

async function setUp() {
  const { path: folder, remove } = temporaryFolder();
  onTestFinished(remove);
  const { publicKey, privateKey } = journalKeys;
  const clock = new VirtualClock();
  const ledger = join(folder, 'calls');
  const open = () => new CallLedger({ folder: ledger, publicKey, keptMs: 30 * dayMs, clock, onAlarm: () => {} });
  const read = async (sinceMs = 0) => {
    const types: string[] = [];
    for await (const { fact } of readCallLedger(ledger, privateKey, sinceMs)) types.push(fact.type);
    return types;
  };
  return { folder: ledger, clock, open, read };
}

const began = (atMs: number): CallFact => ({ type: 'began', atMs, ...call });
const over = (atMs: number): CallFact => ({ type: 'over', atMs });

describe('the ledger of calls', () => {
  it('R-RUL-4: outlasts calls and cores, without what says nothing of why', async () => {
    const { open, read, clock } = await setUp();
    const first = open();
    const party = { what: 'ringing', dn: '3556', connId: 'c', atMs: 1_000 } as const;
    first.note(call, [began(1_000), { type: 'party', atMs: 1_000, event: party }]);
    await first.close();
    await clock.advance(10);
    const second = open();
    second.note(call, [over(5_000)]);
    await clock.advance(1_000);
    // While it is being written.
    expect(await read()).toEqual(['began', 'over']);
    expect(await read(2_000)).toEqual(['over']);
    await second.close();
  });

  it('R-RUL-4: is not there before any core has run', async () => {
    const { read } = await setUp();
    expect(await read()).toEqual([]);
  });

  it('R-RUL-4: forgets what is older than it is to be kept', async () => {
    const { folder, open, read, clock } = await setUp();
    const first = open();
    first.note(call, [began(1_000)]);
    await first.close();
    for (const name of systemFiles.list(folder))
      utimesSync(join(folder, name), clock.nowMs() / 1000, clock.nowMs() / 1000);
    await clock.advance(1);
    const second = open();
    await second.clean();
    expect(await read()).toEqual(['began']);
    await clock.advance(31 * dayMs);
    await second.clean();
    expect(await read()).toEqual([]);
    await second.close();
  });
});
