// When the journal of a core lets go of a call.

import { expect, it } from 'vitest';
import type { CallFact } from '#actors/call';
import { JournaledCalls } from '#cluster/core';
import { FactJournal } from '#cluster/facts';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';

const name = { tenant: 'acme', switch: 'sip-1', callUuid: 'C1' };
const began = (atMs: number): CallFact => ({ type: 'began', atMs, ...name });

async function opened(folder: string) {
  return FactJournal.open<CallFact>({
    ...{ folder, ...journalKeys, writer: 'core', segmentBytesMax: 2 ** 20 },
    onAlarm: ({ message }) => expect.fail(message),
    onCut: () => {},
  });
}

it('R-SUP-1: a forgotten call stands in the journal until its last words are kept; one that begins anew is another', async () => {
  const folder = temporaryFolder('calls');
  const journal = await opened(folder.path);
  const waiting: (() => void)[] = [];
  const calls = new JournaledCalls(journal, undefined, (run) => void waiting.push(run));
  calls.write(name, [began(1)]);
  calls.forget(name);
  expect([calls.calls('acme'), calls.of(name), journal.subjects()]).toEqual([[], [], ['acme C1']]);
  calls.write(name, [began(2)]);
  expect(calls.of(name)).toEqual([began(2)]);
  waiting.shift()!();
  expect(calls.of(name)).toEqual([began(2)]);
  calls.forget(name);
  waiting.shift()!();
  expect(journal.subjects()).toEqual([]);

  calls.write(name, [began(3)]);
  calls.forget(name);
  await journal.close();
  const next = await opened(folder.path);
  expect(new JournaledCalls(next).of(name)).toEqual([began(3)]);
  await next.close();
  folder.remove();
});
