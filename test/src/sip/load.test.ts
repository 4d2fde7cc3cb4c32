// How full a recorder says it is.

import { expect, it } from 'vitest';
import { formatLoad, parseLoad } from '#src/sip';

it('R-HA-4: what a recorder says of its streams is read as it was meant', () => {
  expect(parseLoad(formatLoad({ streams: 12, streamsMax: 1_350 }))).toEqual({ streams: 12, streamsMax: 1_350 });
  for (const other of [undefined, '', '12', '12/', 'a/b', '-1/5', '1/2/3']) expect(parseLoad(other)).toBeUndefined();
});
