import { describe, expect, it } from 'vitest';
import { Tally } from '../../../ops/bench/tally.ts';

function datagram(stream: number, counter: number): Buffer {
  const bytes = Buffer.alloc(172);
  bytes.writeUInt32BE(stream, 12);
  bytes.writeUInt32BE(counter, 16);
  return bytes;
}

describe('the tally of a media bench', () => {
  it('R-REC-8: every counter once is everything recorded', () => {
    const tally = new Tally([2, 1]);
    for (const [stream, counter] of [
      [0, 1],
      [0, 0],
      [1, 0],
    ] as const)
      tally.count(datagram(stream, counter), stream);
    expect(tally.sums).toEqual({ sent: 3, recorded: 3, lost: 0, duplicates: 0, strange: 0 });
  });

  it('R-REC-8: what is missing, twice, of another stream, never sent or too short shows as what it is', () => {
    const tally = new Tally([3, 3]);
    tally.count(datagram(0, 0), 0);
    tally.count(datagram(0, 0), 0);
    tally.count(datagram(1, 1), 0);
    tally.count(datagram(1, 3), 1);
    tally.count(datagram(7, 0));
    tally.count(Buffer.alloc(12));
    expect(tally.sums).toEqual({ sent: 6, recorded: 1, lost: 5, duplicates: 1, strange: 4 });
  });
});
