// A pause over every kill: what is said in it is in no byte of the disk, with all keys at hand, neither while it lasts nor
// afterwards.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Audio, MsrCall } from '#ops/lab/msr-source';
import {
  keyIdOf,
  loadPrivateKey,
  openWithheld,
  SegmentReader,
  type WithheldKey,
  type WithheldRelease,
} from '#src/journal';
import { pcmuEncoder } from '#src/media/codec';
import { seededRandom } from '#src/ports';
import { type RunningProcess, startProcess, until } from '../harness/processes.ts';
import { setStage, spoken, spokenOn } from './stage.ts';

const slotMs = 20;
const effectiveMsMax = 100;
const stage = setStage({ config: { capture: { segmentBytesMax: 4 * 2 ** 20 }, recorder: { lingerMs: 100 } } });
let seed = 0;
let recorder: RunningProcess | undefined;
afterAll(() => recorder?.stop());

interface Voice {
  readonly audio: Audio;
  /** Its payload of one packet. */
  readonly slot: (index: number) => Buffer;
}

/** Noise: no two packets alike, and none that another file could hold by chance. */
function noise(seed: number): Voice {
  const samples = Int16Array.from(seededRandom(seed).bytes(8 * 20_000), (byte) => 128 * (byte - 128));
  const payloads = pcmuEncoder().encode(samples);
  return {
    audio: { kind: 'samples', samples, sampleRateHz: 8_000 } as const,
    slot: (index: number) => payloads.subarray(160 * index, 160 * (index + 1)),
  };
}
type Role = 'capture' | 'edge' | 'recorder';

async function pidOf(role: Role): Promise<number> {
  if (role === 'recorder') return (recorder ?? stage.node.recorder).pid;
  return (await stage.node.card()).pids[role]!;
}

async function kill(...roles: readonly Role[]): Promise<void> {
  const pids = await Promise.all(roles.map(pidOf));
  for (const pid of pids) process.kill(pid, 'SIGKILL');
  if (roles.includes('recorder')) {
    const env = { TWINREEL_CONFIG: stage.node.configFile };
    recorder = await startProcess({ command: 'dist/cluster/processes/recorder.js', env });
  }
  for (const [index, role] of roles.entries())
    await until(`another ${role}`, async () => {
      const pid = await pidOf(role);
      return pid !== null && pid !== pids[index];
    });
  await until('the recorder to command capture again', async () => {
    const report = await stage.node.report().catch(() => undefined);
    return report?.['packets'] !== undefined;
  });
}

const pause = (call: MsrCall) => stage.node.command('pause', call.recordId, 'Ada');

/** Capture stands still while the pause is asked for, so the order does not reach it before it is killed: nobody is told that it holds. */
async function killBeforeTheOrderArrives(call: MsrCall, ...roles: readonly Role[]): Promise<number> {
  process.kill(await pidOf('capture'), 'SIGSTOP');
  const refused = expect(pause(call)).rejects.toThrow();
  const askedMs = call.positionMs;
  await spokenOn(call, 200);
  await kill(...roles);
  await refused;
  expect((await everythingReadable()).includes('stream-shredded')).toBe(true);
  return askedMs;
}

async function killWhileItLasts(call: MsrCall, ...roles: readonly Role[]): Promise<number> {
  await pause(call);
  const askedMs = call.positionMs;
  await spokenOn(call, 300);
  await kill(...roles);
  return askedMs;
}

/** Each is a minute's work with the search of the whole disk: in an ordinary run the two of most parts stand for all. */
const pauses: readonly (readonly [string, (call: MsrCall) => Promise<number>])[] = [
  ['capture killed before the order arrives', (call) => killBeforeTheOrderArrives(call, 'capture')],
  ['capture and recorder killed while it lasts', (call) => killWhileItLasts(call, 'capture', 'recorder')],
  ...(process.env['TWINREEL_FULL']
    ? [
        [
          'both killed before the order arrives',
          (call: MsrCall) => killBeforeTheOrderArrives(call, 'capture', 'recorder'),
        ] as const,
        ...(['capture', 'recorder', 'edge'] as const).map(
          (role) => [`${role} killed while it lasts`, (call: MsrCall) => killWhileItLasts(call, role)] as const,
        ),
      ]
    : []),
];

/** Every file of the node as it is, and all that can be read of it with the private key and every key that was released. */
async function everythingReadable(): Promise<Buffer> {
  const { captureJournalDir, recorderJournalDir, recordingsDir, keysDir } = stage.node.layout;
  const privateKey = await loadPrivateKey(join(keysDir, 'journal-private.pem'));
  const parts: Buffer[] = [];
  const withheld: Buffer[] = [];
  const keys = new Map<string, WithheldKey>();
  const files = [captureJournalDir, recorderJournalDir, recordingsDir].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  for (const path of files) {
    // A segment may be given back meanwhile.
    const bytes = await Promise.resolve()
      .then(() => readFileSync(path))
      .catch(() => undefined);
    if (!bytes) continue;
    parts.push(written(bytes));
    const reader = await SegmentReader.open(path, { privateKey }).catch(() => undefined);
    for (let block = await reader?.next(); block; block = await reader?.next()) {
      for (const record of block.records) {
        parts.push(record.bytes);
        if (record.kind === 'withheld') withheld.push(record.bytes);
        if (record.kind !== 'fact') continue;
        const fact = JSON.parse(record.bytes.toString()) as Partial<WithheldRelease>;
        if (fact.fact === 'stream-released') for (const key of fact.keys ?? []) keys.set(key.id, key);
      }
    }
    await reader?.close();
  }
  for (const record of withheld) {
    const key = keys.get(keyIdOf(record));
    const opened = key && openWithheld(record, key);
    if (opened) parts.push(opened.bytes);
  }
  return Buffer.concat(parts);
}

const zeros = Buffer.alloc(2 ** 16);

/** A file without what was reserved at its end and never written: noise is no row of zeros. */
function written(bytes: Buffer): Buffer {
  let end = bytes.length;
  while (end >= zeros.length && bytes.compare(zeros, 0, zeros.length, end - zeros.length, end) === 0)
    end -= zeros.length;
  return bytes.subarray(0, end);
}

/** How many packets sent between two positions of the call are in there. */
function found(everything: Buffer, voices: readonly Voice[], fromMs: number, toMs: number): number {
  // Each byte is looked at once for all packets: there are many millions of both.
  const byBeginning = new Map<number, Buffer[]>();
  const begins = new Uint8Array(2 ** 16);
  for (let slot = Math.ceil(fromMs / slotMs); slot < Math.floor(toMs / slotMs); slot += 1)
    for (const voice of voices) {
      const payload = voice.slot(slot);
      const beginning = payload.readUInt16BE();
      byBeginning.set(beginning, [...(byBeginning.get(beginning) ?? []), payload]);
      begins[beginning] = 1;
    }
  const packets = new Set<Buffer>();
  for (let at = 0; at + 1 < everything.length; at += 1) {
    const beginning = (everything[at]! << 8) | everything[at + 1]!;
    if (begins[beginning] === 0) continue;
    for (const payload of byBeginning.get(beginning)!)
      if (payload.equals(everything.subarray(at, at + payload.length))) packets.add(payload);
  }
  return packets.size;
}

describe('a pause', () => {
  it.each(pauses)('R-REC-6: %s: what is said in it is nowhere on the disk', async (_, paused) => {
    seed += 2;
    const voices = [noise(seed), noise(seed + 1)] as const;
    const call = stage.call({ audio: [voices[0].audio, voices[1].audio] });
    await spoken(call, 1_000);
    const fromMs = (await paused(call)) + effectiveMsMax;
    await spokenOn(call, 500);
    expect(found(await everythingReadable(), voices, fromMs, call.positionMs)).toBe(0);
    const toMs = call.positionMs - slotMs;
    await stage.node.command('resume', call.recordId, 'Ada');
    await spokenOn(call, 1_000);
    const endMs = call.positionMs;
    await stage.node.command('stop', call.recordId, 'Ada');
    const recording = await stage.node.recording(call.recordId);
    expect(recording.manifest.facts.pauses).toMatchObject([{ by: 'Ada' }]);
    const everything = await everythingReadable();
    expect(toMs - fromMs).toBeGreaterThan(300);
    expect(found(everything, voices, fromMs, toMs)).toBe(0);
    // What was said before and after is there: the search can find.
    expect(found(everything, voices, 0, 500)).toBe(2 * (500 / slotMs));
    expect(found(everything, voices, endMs - 500, endMs - 100)).toBeGreaterThan(2 * 15);
    const packets = await stage.node.packets(recording);
    expect(packets.length).toBeGreaterThan(2 * 50);
  });
});
