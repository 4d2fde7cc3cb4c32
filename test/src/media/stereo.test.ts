import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { buildRtp, type Party, planStereo, readWav, renderStereo, renderWav, type VoiceSource } from '#src/media';
import { type Encoder, g722Encoder, pcmaEncoder, pcmuEncoder } from '#src/media/codec';
import { type ArrivedPacket, buildTimeline, type WallInterval } from '#src/media/timeline';

const wallMs = Date.UTC(2026, 0, 1);

interface Voice {
  readonly hz: number;
  readonly seconds: number;
  readonly type?: number;
  readonly ssrc?: number;
  /** Start on the wall, after `wallMs`. */
  readonly atMs?: number;
  readonly pace?: number;
  readonly without?: (ms: number) => boolean;
}

const encoders: Record<number, () => Encoder> = { 0: pcmuEncoder, 8: pcmaEncoder, 9: g722Encoder };

function sent({ hz, seconds, type = 0, ssrc = 1, atMs = 0, pace = 1, without = () => false }: Voice): ArrivedPacket[] {
  const encoder = encoders[type]!();
  const perPacket = encoder.sampleRateHz / 50;
  return Array.from({ length: seconds * 50 }, (_, index) => {
    const tone = (_unused: unknown, at: number) =>
      Math.round(12_000 * Math.sin((2 * Math.PI * hz * (index * perPacket + at)) / encoder.sampleRateHz));
    const payload = encoder.encode(Int16Array.from({ length: perPacket }, tone));
    const header = { payloadType: type, sequence: index, timestamp: index * 160, ssrc };
    return {
      ms: index * 20,
      arrivalUs: (wallMs + atMs + (index * 20) / pace) * 1000,
      bytes: buildRtp(header, payload),
    };
  }).filter(({ ms }) => !without(ms));
}

function party(packets: readonly ArrivedPacket[], pauses: readonly WallInterval[] = []): Party {
  return { streams: [heard(packets, pauses)] };
}
function heard(packets: readonly ArrivedPacket[], pauses: readonly WallInterval[] = []): VoiceSource {
  return { packets, timeline: buildTimeline(packets, { pauses }) };
}
async function wavOf(left: Party, right: Party) {
  const pieces: Buffer[] = [];
  for await (const piece of renderWav(left, right)) pieces.push(piece);
  return readWav(Buffer.concat(pieces));
}

/** Amplitude of a tone in a part of a channel (Goertzel). */
function level(samples: Int16Array, rateHz: number, hz: number, fromMs: number, toMs: number): number {
  const part = samples.subarray((fromMs * rateHz) / 1000, (toMs * rateHz) / 1000);
  let real = 0;
  let imaginary = 0;
  part.forEach((sample, index) => {
    real += sample * Math.cos((2 * Math.PI * hz * index) / rateHz);
    imaginary += sample * Math.sin((2 * Math.PI * hz * index) / rateHz);
  });
  return (2 * Math.hypot(real, imaginary)) / part.length;
}
const loudest = (samples: Int16Array) => samples.reduce((most, one) => Math.max(most, Math.abs(one)), 0);

describe('stereo rendering', () => {
  it('R-REC-8: first party left, second right, aligned by arrival, with the true length', async () => {
    const wav = await wavOf(
      party(sent({ hz: 500, seconds: 3 })),
      party(sent({ hz: 900, seconds: 3, type: 8, atMs: 1000 })),
    );
    expect(wav).toMatchObject({ sampleRateHz: 8000, channels: 2, frames: 32_000 });
    const [left, right] = [wav.samples[0]!, wav.samples[1]!];
    expect(level(left, 8000, 500, 0, 3000)).toBeGreaterThan(11_500);
    expect(level(left, 8000, 900, 0, 3000)).toBeLessThan(200);
    expect(level(right, 8000, 900, 1000, 4000)).toBeGreaterThan(11_500);
    expect(level(right, 8000, 500, 1000, 4000)).toBeLessThan(200);
    expect(loudest(right.subarray(0, 8000))).toBe(0);
    expect(loudest(left.subarray(24_000))).toBe(0);
  });

  it('R-REC-8: narrow and wide band meet at 16 kHz without a shift or a loss of level', async () => {
    const wav = await wavOf(party(sent({ hz: 1000, seconds: 2 })), party(sent({ hz: 5000, seconds: 2, type: 9 })));
    expect(wav).toMatchObject({ sampleRateHz: 16_000, frames: 32_000 });
    expect(level(wav.samples[0]!, 16_000, 1000, 100, 1900)).toBeGreaterThan(11_800);
    expect(level(wav.samples[0]!, 16_000, 7000, 100, 1900)).toBeLessThan(60);
    expect(level(wav.samples[1]!, 16_000, 5000, 100, 1900)).toBeGreaterThan(11_000);
    const narrow = await wavOf(party(sent({ hz: 1000, seconds: 2 })), { streams: [] });
    const everySecond = wav.samples[0]!.filter((_, index) => index % 2 === 0);
    expect(everySecond).toEqual(narrow.samples[0]);
  });

  it('R-REC-8: loss, silence and pause are digital silence of the right length', async () => {
    const packets = sent({
      hz: 700,
      seconds: 6,
      without: (ms) => (ms >= 1000 && ms < 1200) || (ms >= 3000 && ms < 4000),
    });
    const wav = await wavOf(party(packets, [{ fromMs: wallMs + 3000, toMs: wallMs + 4000 }]), { streams: [] });
    const left = wav.samples[0]!;
    expect(wav.frames).toBe(48_000);
    for (const [fromMs, toMs] of [
      [1000, 1200],
      [3000, 4000],
    ] as const) {
      expect(loudest(left.subarray(fromMs * 8, toMs * 8))).toBe(0);
      expect(loudest(left.subarray((fromMs - 20) * 8, fromMs * 8))).toBeGreaterThan(11_000);
      expect(loudest(left.subarray(toMs * 8, (toMs + 20) * 8))).toBeGreaterThan(11_000);
    }
  });

  it('R-REC-3: sent at four times real time, both parties keep length and place', async () => {
    const left = party(sent({ hz: 500, seconds: 8, pace: 4 }));
    const right = party(sent({ hz: 900, seconds: 4, pace: 4, atMs: 1000 }));
    const wav = await wavOf(left, right);
    expect(wav.frames).toBe(64_000);
    expect(loudest(wav.samples[1]!.subarray(0, 3990 * 8))).toBe(0);
    expect(level(wav.samples[1]!, 8000, 900, 4010, 8000)).toBeGreaterThan(11_500);
  });

  it('R-REC-8: several segments of one party follow one another on one channel', async () => {
    const left = {
      streams: [
        heard(sent({ hz: 500, seconds: 2 })),
        heard(sent({ hz: 600, seconds: 2, ssrc: 5, atMs: 3000, type: 9 })),
      ],
    };
    const wav = await wavOf(left, { streams: [] });
    expect(wav).toMatchObject({ sampleRateHz: 16_000, frames: 80_000 });
    expect(level(wav.samples[0]!, 16_000, 500, 0, 2000)).toBeGreaterThan(11_500);
    expect(loudest(wav.samples[0]!.subarray(32_100, 48_000))).toBe(0);
    expect(level(wav.samples[0]!, 16_000, 600, 3010, 5000)).toBeGreaterThan(11_000);
  });

  it('R-REC-1: what is undecodable here is silence of its length, and named', async () => {
    const packets = Array.from({ length: 100 }, (_, index) => ({
      arrivalUs: (wallMs + index * 20) * 1000,
      bytes: buildRtp({ payloadType: 18, sequence: index, timestamp: index * 160, ssrc: 9 }, Buffer.alloc(20, 7)),
    }));
    const left = party(packets);
    expect(planStereo(left, { streams: [] })).toMatchObject({
      undecodable: ['G729'],
      frames: 16_000,
      sampleRateHz: 8000,
    });
    const wav = await wavOf(left, { streams: [] });
    expect(loudest(wav.samples[0]!)).toBe(0);
  });

  it('R-REC-1: comfort noise sounds at its level until the next packet, and not over a loss', async () => {
    const noise = (sequence: number, ms: number): ArrivedPacket => ({
      arrivalUs: (wallMs + ms) * 1000,
      bytes: buildRtp({ payloadType: 13, sequence, timestamp: ms * 8, ssrc: 1 }, Buffer.from([40])),
    });
    const talk = sent({ hz: 500, seconds: 4 });
    const quiet = [...talk.slice(0, 50), noise(50, 1000), noise(51, 1500)];
    const unbroken = talk
      .slice(100)
      .map((packet, index) => ({ ...packet, bytes: renumbered(packet.bytes, 52 + index) }));
    const wav = await wavOf(party([...quiet, ...unbroken]), { streams: [] });
    const part = wav.samples[0]!.subarray(8000, 16_000);
    const rms = Math.sqrt(part.reduce((sum, one) => sum + one * one, 0) / part.length);
    expect(20 * Math.log10(rms / 32_767)).toBeCloseTo(-40, 0);
    const lossy = await wavOf(party([...quiet, ...unbroken.slice(1)]), { streams: [] });
    expect(loudest(lossy.samples[0]!.subarray(12_000, 16_160))).toBe(0);
  });

  it('R-RPL-3: a call is rendered as it is read: of its packets no more than some seconds wait in memory', async () => {
    const packets = sent({ hz: 500, seconds: 60 });
    let read = 0;
    const reading = async function* () {
      for (const packet of packets) {
        read += 1;
        yield [packet];
      }
    };
    const source = { ...heard(packets), packets: { [Symbol.asyncIterator]: reading } };
    const [left, right] = [{ streams: [source] }, { streams: [] }];
    let seconds = 0;
    for await (const samples of renderStereo(left, right, planStereo(left, right))) {
      seconds += samples.length / 2 / 8_000;
      expect(read).toBeLessThan(50 * (seconds + 10));
    }
    expect([seconds, read]).toEqual([60, 3_000]);
  });

  it('R-REC-8: sox reads the file and finds its length', async () => {
    const pieces: Buffer[] = [];
    for await (const piece of renderWav(party(sent({ hz: 500, seconds: 2 })), { streams: [] })) pieces.push(piece);
    const raw = execFileSync('sox', ['-t', 'wav', '-', '-t', 'raw', '-'], {
      input: Buffer.concat(pieces),
      maxBuffer: 1 << 24,
    });
    expect(raw.equals(Buffer.concat(pieces).subarray(44))).toBe(true);
    expect(raw.length).toBe(2 * 8000 * 4);
  });
});

function renumbered(bytes: Buffer, sequence: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt16BE(sequence, 2);
  return copy;
}
