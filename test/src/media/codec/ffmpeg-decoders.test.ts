import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildRtp, type PayloadMap, planStereo, readWav, renderWav } from '#src/media';
import { builtInDecoders, type DecoderRegistry, decodersWith, type StreamDecoder } from '#src/media/codec';
import { type ArrivedPacket, buildTimeline } from '#src/media/timeline';
import { toneLevelDb } from '../../../harness/tone.ts';

const isThere = spawnSync('ffmpeg', ['-version']).status === 0;
const wallUs = Date.UTC(2026, 0, 1) * 1_000;
const payloads: PayloadMap = new Map([[111, { codec: 'OPUS', clockRateHz: 48_000, channels: 2 }]]);

/** Opus of a tone as ffmpeg encodes it: its Ogg pages taken apart by hand. */
function opusTone(hz: number, seconds: number, channels: 1 | 2, frameMs = 20): Buffer[] {
  const source = `sine=frequency=${hz}:sample_rate=48000:duration=${seconds}`;
  const encoding = ['-ac', `${channels}`, '-c:a', 'libopus', '-frame_duration', `${frameMs}`, '-page_duration', '1'];
  const args = ['-v', 'error', '-nostdin', '-f', 'lavfi', '-i', source, '-af', 'volume=12dB', ...encoding];
  const ogg = execFileSync('ffmpeg', [...args, '-f', 'ogg', 'pipe:1'], { maxBuffer: 1 << 24 });
  const packets: Buffer[] = [];
  for (let at = 0; at < ogg.length; ) {
    const lengths = ogg.subarray(at + 27, at + 27 + ogg[at + 26]!);
    at += 27 + lengths.length;
    let from = at;
    for (const length of lengths) {
      at += length;
      if (length === 255) continue;
      packets.push(ogg.subarray(from, at));
      from = at;
    }
  }
  return packets.slice(2);
}

function sent(type: number, ticks: number, bodies: readonly Buffer[], ms: number, without: readonly number[] = []) {
  return bodies
    .map(
      (body, index): ArrivedPacket => ({
        arrivalUs: wallUs + index * ms * 1_000,
        bytes: buildRtp({ payloadType: type, sequence: index, timestamp: index * ticks, ssrc: 5 }, body),
      }),
    )
    .filter((_, index) => !without.includes(index));
}

async function heard(packets: readonly ArrivedPacket[], registry: DecoderRegistry) {
  const party = { streams: [{ packets, payloads, timeline: buildTimeline(packets, { payloads }) }] };
  const pieces: Buffer[] = [];
  for await (const piece of renderWav(party, { streams: [] }, registry)) pieces.push(piece);
  const wav = readWav(Buffer.concat(pieces));
  return { plan: planStereo(party, { streams: [] }, registry), wav, left: wav.samples[0]! };
}
const loudest = (samples: Int16Array) => samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0);

describe.skipIf(!isThere)('decoders of ffmpeg (skipped where there is none on the PATH)', () => {
  it.each([
    [1, 20],
    [2, 20],
    [1, 60],
    [2, 10],
  ] as const)(
    'R-REC-1: Opus that ffmpeg encoded, %i channels, %i ms a packet: the tone, in its full length',
    async (channels, ms) => {
      const bodies = opusTone(700, 3, channels, ms);
      const { plan, wav, left } = await heard(sent(111, 48 * ms, bodies, ms), await decodersWith('ffmpeg'));
      expect(plan).toMatchObject({ sampleRateHz: 16_000, undecodable: [] });
      expect(wav.frames).toBe(bodies.length * ms * 16);
      expect(toneLevelDb(left.subarray(1_600, 46_400), 16_000, 700)).toBeGreaterThan(-10);
      expect(toneLevelDb(left.subarray(1_600, 46_400), 16_000, 1_300)).toBeLessThan(-45);
    },
  );

  it('R-REC-1: what is lost of Opus is silence, and what follows keeps its place', async () => {
    const lost = Array.from({ length: 25 }, (_, index) => 50 + index);
    const { left } = await heard(sent(111, 960, opusTone(700, 3, 1), 20, lost), await decodersWith('ffmpeg'));
    expect(loudest(left.subarray(16_000, 24_000))).toBe(0);
    for (const at of [8_000, 24_400, 40_000])
      expect(toneLevelDb(left.subarray(at, at + 6_000), 16_000, 700)).toBeGreaterThan(-10);
  });

  it('R-REC-1: a packet of rubbish costs itself, not the place of those behind it', async () => {
    const bodies = opusTone(700, 2, 1);
    bodies[40] = Buffer.from([bodies[40]![0]! | 3, 0x81, 0xff, 0xff]);
    const timelineOf = sent(111, 960, bodies, 20);
    const { wav, left } = await heard(timelineOf, await decodersWith('ffmpeg'));
    expect(Math.abs(wav.frames - bodies.length * 320)).toBeLessThanOrEqual(320);
    expect(toneLevelDb(left.subarray(20_000, 30_000), 16_000, 700)).toBeGreaterThan(-10);
  });

  it('R-REC-1: G.729, annex B too: as long as its frames say, never a failure', async () => {
    const speech = Buffer.from('7852809fa0f0c5a3b6d1'.repeat(2), 'hex');
    const bodies = Array.from({ length: 100 }, (_, index) => (index % 10 === 9 ? speech.subarray(0, 12) : speech));
    const { plan, wav, left } = await heard(sent(18, 160, bodies, 20), await decodersWith('ffmpeg'));
    expect(plan).toMatchObject({ sampleRateHz: 8_000, undecodable: [] });
    expect(wav.frames).toBe(100 * 160);
    expect(loudest(left)).toBeGreaterThan(0);
    const decoded = execFileSync('ffmpeg', ['-v', 'quiet', '-f', 'g729', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'], {
      input: Buffer.concat(bodies.slice(0, 9)),
    });
    const theirs = Int16Array.from({ length: decoded.length / 2 }, (_, index) => decoded.readInt16LE(2 * index));
    expect(left.subarray(0, 9 * 160)).toEqual(theirs);
  });
});

describe('decoders that are not there', () => {
  it('R-REC-1: without ffmpeg there are those that are built in', async () => {
    const registry = await decodersWith('/nowhere/ffmpeg');
    expect([...registry.keys()]).toEqual([...builtInDecoders.keys()]);
  });

  it('R-REC-1: one that dies leaves silence of the right length', async () => {
    const dying: StreamDecoder = {
      sampleRateHz: 8_000,
      async *decodeAll() {
        yield new Int16Array(200).fill(9_000);
      },
    };
    const registry: DecoderRegistry = new Map([...builtInDecoders, ['G729', () => dying]]);
    const { wav, left } = await heard(sent(18, 160, Array(50).fill(Buffer.alloc(20, 7)), 20), registry);
    expect(wav.frames).toBe(50 * 160);
    expect(loudest(left.subarray(0, 200))).toBe(9_000);
    expect(loudest(left.subarray(200))).toBe(0);
  });
});
