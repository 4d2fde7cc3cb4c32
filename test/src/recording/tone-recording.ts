// A finished recording for tests, with a tone in each stream: sealed packets and a signed manifest in a folder.

import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toneSamples } from '#ops/lab/hearing';
import { SealedFile } from '#src/journal';
import { buildRtp } from '#src/media';
import { pcmuEncoder } from '#src/media/codec';
import { seededRandom, VirtualClock } from '#src/ports';
import { type ManifestFacts, signManifest } from '#src/recording';
import { journalKeys } from '../../harness/journal-keys.ts';

export interface Tone {
  readonly party: string;
  readonly hz: number;
  /** Of the recording. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Default: PCMU. */
  readonly codec?: string;
}

export interface ToneRecording {
  readonly take: string;
  readonly node?: string;
  readonly tones: readonly Tone[];
  readonly pauses?: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** How far its clock is ahead. */
  readonly clockMs?: number;
  readonly publicKey?: KeyObject;
  readonly facts?: Partial<ManifestFacts>;
}

export const toneStartedMs = Date.UTC(2026, 0, 1);
export const toneSigning = generateKeyPairSync('ed25519');
const packetMs = 20;
/** What lasts longer is this again and again. */
const soundMsMax = 60_000;

/** Puts it below `recordingsDir`; gives its folder. */
export async function toneRecording(recordingsDir: string, recording: ToneRecording): Promise<string> {
  const { take, node = 'n1', tones, pauses = [], clockMs = 0, facts = {} } = recording;
  const startedMs = toneStartedMs + clockMs;
  const folder = join(recordingsDir, new Date(startedMs).toISOString().slice(0, 10), take);
  mkdirSync(folder, { recursive: true });
  const file = `${node}.rtp`;
  const sealed = new SealedFile({
    path: join(folder, file),
    writer: node,
    publicKey: recording.publicKey ?? journalKeys.publicKey,
    clock: new VirtualClock(startedMs),
    random: seededRandom(3),
  });
  const sounds = tones.map(({ hz, fromMs, toMs }) =>
    pcmuEncoder().encode(toneSamples(hz, Math.min(soundMsMax, toMs - fromMs))),
  );
  const payloadType = ({ codec }: Tone) => (codec === undefined ? 0 : 96);
  const endMs = Math.max(...tones.map(({ toMs }) => toMs));
  for (let atMs = 0; atMs < endMs; atMs += packetMs) {
    for (const [index, tone] of tones.entries()) {
      if (atMs < tone.fromMs || atMs >= tone.toMs) continue;
      const from = 8 * ((atMs - tone.fromMs) % soundMsMax);
      const payload = sounds[index]!.subarray(from, from + 8 * packetMs);
      const fields = {
        payloadType: payloadType(tone),
        sequence: atMs / packetMs,
        timestamp: 8 * atMs,
        ssrc: index + 1,
      };
      sealed.append('rtp', index + 1, (startedMs + atMs) * 1000, buildRtp(fields, payload));
    }
  }
  const { chainHead } = await sealed.finish();
  const bytes = readFileSync(join(folder, file));
  const manifest = signManifest(
    {
      version: 1,
      take,
      recordingId: `r-${take}`,
      tenant: 'acme',
      node,
      startedMs,
      endedMs: startedMs + endMs,
      endReason: 'bye',
      lengthMs: endMs,
      parties: [...new Set(tones.map(({ party }) => party))].map((number, index) => ({
        number,
        channel: (['left', 'right'] as const)[index] ?? 'both',
      })),
      dialogs: [],
      streams: tones.map((tone, index) => ({
        stream: `s${index + 1}`,
        dialog: 'd',
        party: tone.party,
        formats: [{ payloadType: payloadType(tone), codec: tone.codec ?? 'PCMU', clockRateHz: 8_000, channels: 1 }],
        packets: (tone.toMs - tone.fromMs) / packetMs,
        bytes: ((tone.toMs - tone.fromMs) / packetMs) * 172,
        lost: 0,
        duplicates: 0,
        paused: 0,
        firstMs: startedMs + tone.fromMs,
        lastMs: startedMs + tone.toMs - packetMs,
        startMs: tone.fromMs,
        lengthMs: tone.toMs - tone.fromMs,
        gaps: [],
        endReason: 'bye',
      })),
      pauses: pauses.map(({ fromMs, toMs }) => ({ fromMs: startedMs + fromMs, toMs: startedMs + toMs, by: 'agent' })),
      copies: [
        { file, node, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), chainHead },
      ],
      problems: [],
      ...facts,
    },
    toneSigning.privateKey,
  );
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
  return folder;
}
