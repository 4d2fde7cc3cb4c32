import { describe, expect, it } from 'vitest';
import { toneLevelDb, toneSamples } from '#ops/lab/hearing';
import { parseRtp } from '#src/media';
import { pcmaDecoder, pcmaEncoder, pcmuDecoder, pcmuEncoder } from '#src/media/codec';
import { seededRandom } from '#src/ports';
import { bridgeKind, welcomeCodecs } from '../../../../ops/lab/media-server/bridge.core.ts';
import { Mixer } from '../../../../ops/lab/media-server/mixer.ts';

const pcmu = { payloadType: 0, codec: 'PCMU', clockRateHz: 8000, channels: 1 };
const pcma = { payloadType: 8, codec: 'PCMA', clockRateHz: 8000, channels: 1 };
const g722 = { payloadType: 9, codec: 'G722', clockRateHz: 8000, channels: 1 };

describe('bridge', () => {
  it('relays two of a kind, mixes more or differing ones', () => {
    expect([[], [pcmu], [pcmu, pcmu], [g722, g722], [pcmu, pcma], [pcmu, pcmu, pcmu]].map(bridgeKind)).toEqual([
      'alone',
      'alone',
      'relay',
      'relay',
      'mix',
      'mix',
    ]);
  });

  it('lets in only who can be heard by all', () => {
    expect(welcomeCodecs([])).toContain('G722');
    expect(welcomeCodecs(['PCMA'])).toEqual(['PCMA', 'PCMU']);
    expect(welcomeCodecs(['PCMU', 'PCMA', 'PCMU'])).toEqual(['PCMU', 'PCMA']);
    expect(welcomeCodecs(['G722'])).toEqual(['G722']);
    expect(welcomeCodecs(['G722', 'G722'])).toEqual([]);
  });
});

describe('mixer', () => {
  it('each leg hears all others and not itself, in its own codec, as one unbroken stream', () => {
    const mixer = new Mixer<string>(seededRandom(3));
    mixer.seat(
      new Map([
        ['a', pcmu],
        ['b', pcma],
        ['c', pcmu],
      ]),
    );
    const tones = { a: 440, b: 1_000, c: 2_000 };
    const said = {
      a: pcmuEncoder().encode(toneSamples(tones.a, 1_000, 8_000, -12)),
      b: pcmaEncoder().encode(toneSamples(tones.b, 1_000, 8_000, -12)),
      c: pcmuEncoder().encode(toneSamples(tones.c, 1_000, 8_000, -12)),
    };
    const heard: Record<string, Buffer[]> = { a: [], b: [], c: [] };
    for (let slot = 0; slot < 50; slot += 1) {
      for (const leg of ['a', 'b', 'c'] as const) {
        mixer.hear(leg, leg === 'b' ? 8 : 0, said[leg].subarray(160 * slot, 160 * slot + 160));
        mixer.hear(leg, 101, Buffer.alloc(4));
      }
      for (const [leg, packet] of mixer.tick()) heard[leg]!.push(packet);
    }
    const decoders = { a: pcmuDecoder(), b: pcmaDecoder(), c: pcmuDecoder() };
    for (const leg of ['a', 'b', 'c'] as const) {
      const packets = heard[leg]!.map(parseRtp).filter((one) => typeof one !== 'string');
      expect(new Set(packets.map(({ ssrc }) => ssrc)).size).toBe(1);
      const [first] = packets;
      expect(packets.map(({ sequence }) => (sequence - first!.sequence) & 0xffff)).toEqual([...packets.keys()]);
      expect(packets.at(-1)!.timestamp - first!.timestamp).toBe(49 * 160);
      const samples = Int16Array.from(packets.flatMap(({ payload }) => [...decoders[leg].decode(payload)]));
      const audible = Object.values(tones).filter((hz) => toneLevelDb(samples.subarray(800), 8_000, hz) > -18);
      expect(audible).toEqual(Object.values(tones).filter((hz) => hz !== tones[leg]));
    }
  });

  it('who was there keeps its stream when another leg comes; who left is not heard', () => {
    const mixer = new Mixer<string>(seededRandom(3));
    mixer.seat(new Map([['a', pcmu]]));
    const ssrcOf = () => (parseRtp(mixer.tick().get('a')!) as { ssrc: number }).ssrc;
    const before = ssrcOf();
    mixer.seat(
      new Map([
        ['a', pcmu],
        ['b', pcmu],
      ]),
    );
    expect(ssrcOf()).toBe(before);
    mixer.seat(new Map([['a', pcmu]]));
    expect([...mixer.tick().keys()]).toEqual(['a']);
  });
});
