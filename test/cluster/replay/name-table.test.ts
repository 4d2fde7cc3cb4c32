import { expect, it, onTestFinished } from 'vitest';
import { NameTable } from '../../../cluster/replay/name-table.io.ts';
import { temporaryFolder } from '../../harness/processes.ts';

const place = (n: number) => ({ startedAtMs: 1_764_000_000_000 + n, ordinal: n % 7, block: n, offset: 4_096 * n });

it('R-RPL-1: names are found where they were put last, also by whoever opens the table later', async () => {
  const folder = temporaryFolder('names');
  onTestFinished(() => folder.remove());
  const table = new NameTable(folder.path);
  // More than two thirds of the first table.
  const count = 50_000;
  for (let n = 0; n < count; n += 1) table.put(`name ${n}`, place(n));
  for (let n = 0; n < count; n += 1_000) table.put(`name ${n}`, place(n + 1));
  await table.sync();
  table.close();
  const again = new NameTable(folder.path);
  onTestFinished(() => again.close());
  for (let n = 0; n < count; n += 250) expect(again.find(`name ${n}`)).toEqual(place(n % 1_000 === 0 ? n + 1 : n));
  expect(again.find('name -1')).toBeUndefined();
});
