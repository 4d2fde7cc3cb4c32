// What making audio of a call costs: two parties in G.711 who speak in turn, sealed as a recorder leaves them. Counts processor time, so
// that neighbours on the machine do not matter much; every figure is seconds of the call for a second of one core.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SealedFile } from '#src/journal';
import { buildRtp, type Mp3Encoder, mp3EncoderWith, PeakStream, planStereo, renderStereo, wasmMp3 } from '#src/media';
import { builtInDecoders, pcmuEncoder } from '#src/media/codec';
import { seededRandom, systemClock, systemRandom } from '#src/ports';
import { type ManifestFacts, renderAudio, type StoredRecording } from '#src/recording';
import { readMerged } from '#src/recording/merge';
import type { Bench, Figures } from './bench.ts';
import { endedChildrenSeconds } from './process-usage.io.ts';

const callSeconds = 1_200;
const passes = 3;
const packetSamples = 160;
const packetMs = 20;
const kbps = 32;

export const decode: Bench = {
  name: 'decode',
  about: `${callSeconds / 60} min of two parties in G.711, per core, the best of ${passes}`,
  goals: () => [
    { figure: 'decodeAndMixRealTimes', atLeast: 500 },
    { figure: 'audioRealTimes', atLeast: 500 },
  ],
  run: async ({ say }) => {
    const folder = await mkdtemp(join(tmpdir(), 'twinreel-decode-'));
    try {
      const keys = generateKeyPairSync('rsa', { modulusLength: 3_072 });
      const recording = await recordedCall(folder, keys.publicKey);
      const { name: encoder, encode } = await mp3EncoderWith('lame');
      const figures = {
        decodeAndMixRealTimes: [] as number[],
        mergedDecodedMixedRealTimes: [] as number[],
        audioRealTimes: [] as number[],
        audioByWasmRealTimes: [] as number[],
      };
      for (let pass = 1; pass <= passes; pass += 1) {
        say(`pass ${pass} of ${passes}, encoded by ${encoder}`);
        const before = processorSeconds();
        const { voices } = (await readMerged([recording], { privateKeys: [keys.privateKey] }))!;
        const merging = processorSeconds() - before;
        const [left, right] = [voices.slice(0, 1), voices.slice(1)].map((streams): Heard => ({ streams }));
        const mixing = await costOf(() => mix(left!, right!));
        const rendering = (mp3: Mp3Encoder) =>
          costOf(() =>
            renderAudio(left!, right!, join(folder, randomUUID()), { decoders: builtInDecoders, mp3, kbps }),
          );
        figures.decodeAndMixRealTimes.push(callSeconds / mixing);
        figures.mergedDecodedMixedRealTimes.push(callSeconds / (merging + mixing));
        figures.audioRealTimes.push(callSeconds / (merging + (await rendering(encode))));
        figures.audioByWasmRealTimes.push(callSeconds / (merging + (await rendering(wasmMp3))));
      }
      return Object.fromEntries(
        Object.entries(figures).map(([name, values]) => [name, Math.round(Math.max(...values))]),
      ) satisfies Figures;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

type Heard = Parameters<typeof planStereo>[0];

/** Everything but MP3: opened, decoded, laid side by side, peaks. */
async function mix(left: Heard, right: Heard): Promise<void> {
  const plan = planStereo(left, right);
  const peaks = new PeakStream(plan.sampleRateHz);
  for await (const samples of renderStereo(left, right, plan)) peaks.add(samples);
}

async function costOf(work: () => Promise<unknown>): Promise<number> {
  const before = processorSeconds();
  await work();
  return processorSeconds() - before;
}

/** Of this process, and of the children it had. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6 + endedChildrenSeconds();
}

/** Two voices in turn, a second or so each, over a little noise. */
async function recordedCall(
  folder: string,
  publicKey: ReturnType<typeof generateKeyPairSync>['publicKey'],
): Promise<StoredRecording> {
  const startedMs = Date.UTC(2026, 0, 1);
  const random = seededRandom(1);
  const file = 'n1.rtp';
  const sealed = new SealedFile({
    path: join(folder, file),
    writer: 'n1',
    publicKey,
    clock: systemClock,
    random: systemRandom,
  });
  const encoder = pcmuEncoder();
  const packets = (callSeconds * 1_000) / packetMs;
  for (let packet = 0; packet < packets; packet += 1) {
    for (const party of [0, 1]) {
      const samples = new Int16Array(packetSamples);
      for (let index = 0; index < packetSamples; index += 1) {
        const at = packet * packetSamples + index;
        const turn = Math.sin(at / 3_000 + party * (Math.PI / 2)) ** 2;
        samples[index] = 9_000 * turn * Math.sin(at * (0.11 + 0.05 * party)) + 60 * (random.fraction() - 0.5);
      }
      const fields = { payloadType: 0, sequence: packet & 0xffff, timestamp: packet * packetSamples, ssrc: party + 1 };
      const atUs = (startedMs + packet * packetMs + party) * 1_000;
      sealed.append('rtp', party + 1, atUs, buildRtp(fields, encoder.encode(samples)));
    }
  }
  const { chainHead } = await sealed.finish();
  const facts: ManifestFacts = {
    version: 1,
    take: 'bench',
    recordingId: 'bench',
    tenant: 'bench',
    node: 'n1',
    startedMs,
    endedMs: startedMs + callSeconds * 1_000,
    endReason: 'bye',
    lengthMs: callSeconds * 1_000,
    parties: [
      { number: '1', channel: 'left' },
      { number: '2', channel: 'right' },
    ],
    dialogs: [],
    streams: ['1', '2'].map((party) => ({
      stream: `s${party}`,
      dialog: 'd',
      party,
      formats: [{ payloadType: 0, codec: 'PCMU', clockRateHz: 8_000, channels: 1 }],
      packets,
      bytes: 0,
      lost: 0,
      duplicates: 0,
      paused: 0,
      firstMs: startedMs,
      lastMs: startedMs + callSeconds * 1_000,
      startMs: 0,
      lengthMs: callSeconds * 1_000,
      gaps: [],
      endReason: 'bye',
    })),
    pauses: [],
    copies: [{ file, node: 'n1', bytes: 0, sha256: '00', chainHead }],
    problems: [],
  };
  return { folder, manifest: { facts, signature: { algorithm: 'ed25519', keyId: '00', value: '00' } } };
}
