// How cost grows with the work: the bench `capture` with a third of the streams, two thirds, and all of them, each on a node of
// its own. Where cost is linear a packet costs the same whatever the number, and each further stream as much as the first ones.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bench, BenchOptions, Figures } from './bench.ts';
import { measureCapture } from './capture.io.ts';
import { compileSender } from './rtp-sender.io.ts';

const parts = 3;
const told = ['lost', 'cpu_us_per_packet', 'memory_kib_per_stream'] as const;

export const captureGrowth: Bench = {
  name: 'capture-growth',
  about: 'capture with a third of the streams, two thirds, and all: how CPU and memory grow',
  goals: ({ streams }) => [
    ...partsOf(streams).map((some) => ({ figure: `lost_${some}`, atMost: 0 })),
    // What is fixed is shared by more packets: the share of CPU falls, if anything.
    { figure: 'cpu_us_per_packet_growth', atMost: 1.1 },
    { figure: 'memory_kib_per_further_stream', atMost: 24 },
  ],
  async run(options) {
    const folder = mkdtempSync(join(tmpdir(), 'twinreel-bench-'));
    try {
      const sender = await compileSender(folder);
      const runs: { readonly streams: number; readonly figures: Figures }[] = [];
      for (const streams of partsOf(options.streams))
        runs.push({ streams, figures: await measureCapture(sender, folder, { ...options, streams }) });
      return growthOf(runs);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

function partsOf(streams: BenchOptions['streams']): number[] {
  return Array.from({ length: parts }, (_, index) => Math.round((streams * (index + 1)) / parts));
}

/** Of runs with more and more streams: what each cost, and what grew from the first to the last. */
export function growthOf(runs: readonly { readonly streams: number; readonly figures: Figures }[]): Figures {
  const each = runs.flatMap(({ streams, figures }) =>
    told.map((figure) => [`${figure}_${streams}`, figures[figure] ?? null] as const),
  );
  const [first, last] = [runs[0]!, runs.at(-1)!];
  const memoryKiB = ({ streams, figures }: (typeof runs)[number]) => streams * (figures['memory_kib_per_stream'] ?? 0);
  const further = (memoryKiB(last) - memoryKiB(first)) / (last.streams - first.streams);
  const growth = (last.figures['cpu_us_per_packet'] ?? 0) / (first.figures['cpu_us_per_packet'] ?? 1);
  return {
    ...Object.fromEntries(each),
    cpu_us_per_packet_growth: Math.round(growth * 100) / 100,
    memory_kib_per_further_stream: Math.round(further * 100) / 100,
  };
}
