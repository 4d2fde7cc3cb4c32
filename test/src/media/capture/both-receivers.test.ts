// The same datagrams, in the same order, to a capture that Node reads for and to one whose sockets are read in batches: the
// journals and the counts have to be the same, whatever is sent.

import { existsSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaptureClient } from '#src/media/capture';
import { type Random, seededRandom } from '#src/ports';
import { until } from '../../../harness/processes.ts';
import { type Change, type Scene, speak, transmit } from '../timeline/sender.ts';
import { batchCodeFile, defaults, startCapture } from './fixture.ts';
import { LedgerSender } from './sender.ts';

const changes = ['none', 'payload-type', 'sequence', 'timestamp', 'both', 'ssrc', 'clock'] as const satisfies Change[];
const middles = ['nothing', 'silence', 'comfort-noise', 'telephone-event'] as const;

const sceneOf: fc.Arbitrary<Scene> = fc.record({
  seed: fc.nat(2 ** 31),
  segments: fc.array(
    fc.record({
      change: fc.constantFrom(...changes),
      packetMs: fc.constantFrom(10, 20, 30, 60),
      talk: fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 300 })),
      middle: fc.constantFrom(...middles),
      middleMs: fc.integer({ min: 20, max: 1_000 }),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  losses: fc.array(
    fc.record({ at: fc.double({ min: 0, max: 0.999, noNaN: true }), packets: fc.integer({ min: 1, max: 12 }) }),
    {
      maxLength: 4,
    },
  ),
  repeated: fc.constantFrom(0, 0.05, 0.3),
  delayed: fc.constantFrom(0, 0.05, 0.3),
  damaged: fc.constantFrom(0, 0.02, 0.2),
  delayPacketsMax: fc.constantFrom(1, 3, 100),
  pace: fc.constant(1),
});

type Side = Awaited<ReturnType<typeof startCapture>> & { readonly streams: CaptureClient };

/** Bytes that mean nothing, some of which look a little like RTP. */
function noise(random: Random): Buffer {
  const bytes = random.bytes(Math.floor(random.fraction() * 40));
  if (bytes.length > 1 && random.fraction() < 0.7) bytes[0] = 0x80;
  return bytes;
}

/** Sends the scene, with strangers, noise and pauses in between, and says what was recorded and counted. */
async function record(side: Side, stranger: LedgerSender, stream: string, scene: Scene) {
  const { capture, sender, streams, read } = side;
  const random = seededRandom(scene.seed + 2);
  const peer = { address: '127.0.0.1', port: sender.port };
  const target = await streams.open({ ...defaults, stream, peer });
  let sent = 0;
  const send = async (from: LedgerSender, bytes: Buffer) => {
    await from.sendRaw(bytes, target);
    sent += 1;
  };
  const heard = () =>
    until('all of it to be heard', () => {
      const { packets, rtcpPackets, paused, foreign, malformed } = capture
        .list()
        .streams.find((one) => one.stream === stream)!.counters;
      return packets + rtcpPackets + paused + foreign + malformed === sent;
    });
  for (const { bytes } of transmit(scene, speak(scene))) {
    await send(sender, bytes);
    const fraction = random.fraction();
    if (fraction < 0.01) await send(stranger, bytes);
    else if (fraction < 0.03) await send(sender, noise(random));
    else if (fraction < 0.035) {
      await heard();
      await (random.fraction() < 0.5 ? streams.pause(stream) : streams.resume(stream));
    } else if (fraction < 0.05) await heard();
  }
  await heard();
  const { counters } = await streams.close(stream);
  const records = await read(stream);
  return {
    counters,
    records: records.map(({ kind, bytes }) =>
      kind === 'fact' ? JSON.parse(bytes.toString()).fact : bytes.toString('hex'),
    ),
    times: records.filter(({ kind }) => kind === 'rtp').map(({ atUs }) => atUs),
  };
}

describe.skipIf(!existsSync(batchCodeFile))('both receivers', () => {
  it('R-REC-3: record and count the same, whatever the network does', async () => {
    const stranger = await LedgerSender.open();
    const sides = await Promise.all(
      (['node', 'batch'] as const).map(async (receiver) => {
        const side = await startCapture({ receiver, segmentBytesMax: 2 ** 26 });
        const streams = await side.connect();
        await streams.gates({ paused: [], running: [] });
        return { ...side, streams };
      }),
    );
    let count = 0;
    try {
      await fc.assert(
        fc.asyncProperty(sceneOf, async (scene) => {
          count += 1;
          const startUs = Date.now() * 1_000;
          const [one, other] = await Promise.all(sides.map((side) => record(side, stranger, `scene-${count}`, scene)));
          expect(other!.counters).toEqual(one!.counters);
          expect(other!.records).toEqual(one!.records);
          for (const [index, atUs] of other!.times.entries()) {
            // Clocks of kernel and program may differ by a little, and by another little the next time both are looked at.
            expect(atUs).toBeGreaterThan(startUs - 1_000_000);
            expect(atUs).toBeGreaterThan((other!.times[index - 1] ?? 0) - 1_000_000);
          }
        }),
        { numRuns: process.env['TWINREEL_FULL'] ? 300 : 8, seed: 11 },
      );
    } finally {
      stranger.close();
    }
  });
});
