// What grew, of runs with more and more streams.

import { describe, expect, it } from 'vitest';
import { growthOf } from '../../../ops/bench/capture-growth.io.ts';

const run = (streams: number, cpu: number, memory: number) => ({
  streams,
  figures: { lost: 0, cpu_us_per_packet: cpu, memory_kib_per_stream: memory, open_ms: 1 },
});

describe('R-REC-2: how cost grows with the streams', () => {
  it('what is fixed is no growth: the same cost of a packet, the same memory of each further stream', () => {
    // 2 MiB and 10 KiB for each stream.
    const fixedAnd = (streams: number) => 10 + 2_048 / streams;
    expect(growthOf([300, 600, 900].map((streams) => run(streams, 5, fixedAnd(streams))))).toMatchObject({
      lost_300: 0,
      cpu_us_per_packet_600: 5,
      memory_kib_per_stream_900: fixedAnd(900),
      cpu_us_per_packet_growth: 1,
      memory_kib_per_further_stream: 10,
    });
  });

  it('what grows faster than the streams shows', () => {
    expect(growthOf([run(300, 4, 10), run(900, 6, 20)])).toMatchObject({
      cpu_us_per_packet_growth: 1.5,
      memory_kib_per_further_stream: 25,
    });
  });
});
