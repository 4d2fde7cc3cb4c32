import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Audible, type AudioWork, doAudioWork, exportInThread, originalsOf } from '#cluster/audio';
import type { JobPhase, JobQueue } from '#cluster/jobs';
import { readPcap, readWav, wasmMp3 } from '#src/media';
import { builtInDecoders } from '#src/media/codec';
import { manifestSchema, readRecording } from '#src/recording';
import { type Conversation, consolidate, type Fact } from '#src/recording/consolidate';
import { AudioShelf } from '../../../cluster/replay/audio-shelf.io.ts';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';
import { type Tone, type ToneRecording, toneRecording } from '../../src/recording/tone-recording.ts';

/** Jobs that are done when the test says so. */
class Wishes implements JobQueue<AudioWork> {
  readonly all = new Map<string, { readonly work: AudioWork; phase: JobPhase }>();

  async add(id: string, work: AudioWork): Promise<void> {
    this.all.set(id, { work, phase: 'waiting' });
  }

  async phaseOf(id: string) {
    const one = this.all.get(id);
    return one && { phase: one.phase, progress: 0 };
  }

  async figures() {
    return { waiting: this.all.size, running: 0, failed: 0 };
  }

  async close(): Promise<void> {}

  async do(): Promise<void> {
    const settings = { privateKeys: [journalKeys.privateKey], decoders: builtInDecoders, mp3: wasmMp3, kbps: 32 };
    for (const { work } of this.all.values()) await doAudioWork(work, settings, () => {});
    this.all.clear();
  }
}

const compiledExporter = pathToFileURL(resolve('dist/cluster/processes/exporter.js'));
const never = new AbortController().signal;
const customer: Tone = { party: '0412', hz: 440, fromMs: 0, toMs: 500 };
const agent: Tone = { party: '3556', hz: 1_000, fromMs: 0, toMs: 500 };

async function shelved(takes: Readonly<Record<string, readonly Tone[]>>) {
  const folder = temporaryFolder('shelf');
  onTestFinished(() => folder.remove());
  const wishes = new Wishes();
  const here = new Map<string, Audible>();
  const names: string[] = [];
  const shelf = await AudioShelf.open({
    folder: join(folder.path, 'audio'),
    jobs: wishes,
    audible: async (take) => here.get(take),
    onWanted: async ({ name }) => void names.push(name),
    originals: (work, kinds) =>
      originalsOf(work, kinds, { privateKeys: [journalKeys.privateKey], decoders: builtInDecoders, flac: 'flac' }),
  });
  const facts: Fact[] = [];
  const arrive = async (take: string, more: Partial<ToneRecording> = {}): Promise<Conversation> => {
    const tones = takes[take]!;
    const named = { recordDn: '3556', callUuid: 'C1' };
    const where = await toneRecording(folder.path, { take, tones, facts: named, ...more });
    const { manifest } = await readRecording(where);
    here.set(take, { folder: where, manifestDigest: take, parties: tones.map(({ party }) => party) });
    facts.push({ type: 'manifest', manifest: manifest.facts });
    return consolidate(facts)[0]!;
  };
  return { folder: folder.path, wishes, shelf, arrive, names, facts };
}

describe('the audio of conversations', () => {
  it('R-RPL-3: is wanted when somebody opens it, there when it is made, and made once', async () => {
    const { folder, wishes, shelf, arrive } = await shelved({ a: [customer, agent] });
    const conversation = await arrive('a');
    expect(await shelf.peaks(conversation)).toBeUndefined();
    expect(await shelf.open(conversation)).toEqual({ phase: 'preparing' });
    expect(await shelf.open(conversation)).toEqual({ phase: 'preparing' });
    expect([...wishes.all.values()]).toMatchObject([{ work: { channels: { '0412': 'left', 3556: 'right' } } }]);
    expect(await shelf.want(conversation)).toBeUndefined();
    await wishes.do();
    expect(await shelf.want(conversation)).toMatchObject({ takes: ['a'] });
    expect(wishes.all.size).toBe(0);
    const audio = await shelf.open(conversation);
    if (audio.phase !== 'ready') throw new Error(audio.phase);
    const whole = await buffer(audio.read(0, audio.bytes - 1));
    expect(whole).toHaveLength(audio.bytes);
    expect(await buffer(audio.read(100, 199))).toEqual(whole.subarray(100, 200));
    expect(await shelf.peaks(conversation)).toMatchObject({ perSecond: 50 });
    expect(readdirSync(join(folder, 'audio'))).toEqual([audio.version]);
  });

  it('R-RPL-1, R-RPL-3: a take that comes late makes another one of it, and what nobody needs any more goes', async () => {
    const { folder, wishes, shelf, arrive, names } = await shelved({ a: [customer], b: [agent] });
    const before = await arrive('a');
    await shelf.want(before);
    await wishes.do();
    const after = await arrive('b');
    expect(await shelf.open(after)).toEqual({ phase: 'preparing' });
    await wishes.do();
    expect(await shelf.want(after)).toMatchObject({ takes: ['a', 'b'] });
    expect(readdirSync(join(folder, 'audio')).sort()).toEqual([...names].sort());
    await shelf.removeBut([after], names);
    expect(readdirSync(join(folder, 'audio'))).toEqual([names[1]]);
    expect((await shelf.open(after)).phase).toBe('ready');
  });

  it('R-RPL-3, R-RUL-5: of media that is destroyed no audio stays, nor comes', async () => {
    const { folder, wishes, shelf, arrive, names } = await shelved({ a: [customer], b: [agent] });
    await shelf.want(await arrive('a'));
    await wishes.do();
    await shelf.remove(names[0]!);
    expect(readdirSync(join(folder, 'audio'))).toEqual([]);
    await shelf.want(await arrive('b'));
    const { work } = [...wishes.all.values()][0]!;
    await shelf.remove(names[1]!);
    await wishes.do();
    expect(await shelf.made(work.folder)).toBeUndefined();
    expect(readdirSync(join(folder, 'audio'))).toEqual([]);
    // What nobody knows of is not there either.
    await shelf.remove('c');
  });

  it('R-RPL-3: nothing recorded, nothing decodable and a job that was given up are said as what they are', async () => {
    const { wishes, shelf, arrive } = await shelved({ a: [{ ...customer, codec: 'G729' }], b: [agent] });
    const undecodable = await arrive('a');
    await shelf.want(undecodable);
    await wishes.do();
    expect(await shelf.open(undecodable)).toEqual({ phase: 'undecodable', why: 'no decoder here for G729' });
    expect(await shelf.open({ ...undecodable, sources: [] })).toEqual({ phase: 'none' });
    expect(await shelf.open({ ...undecodable, phase: 'deleted' })).toEqual({ phase: 'none' });
    const other = await arrive('b');
    await shelf.want(other);
    for (const one of wishes.all.values()) one.phase = 'failed';
    expect(await shelf.want(other)).toBeUndefined();
    expect([...wishes.all.values()]).toMatchObject([{ phase: 'failed' }]);
    expect((await shelf.open(other)).phase).toBe('undecodable');
    // A key of another node opens nothing, and nothing is made of it.
    const { work } = [...wishes.all.values()][0]!;
    const none = doAudioWork(work, { privateKeys: [], decoders: builtInDecoders, mp3: wasmMp3, kbps: 32 }, () => {});
    await expect(none).rejects.toMatchObject({ code: 'journal-key-unusable' });
  });

  it('R-RPL-1, R-RPL-2: takes that have no packet in common are laid out by what was measured of the clocks of their nodes', async () => {
    const later: Tone = { ...customer, fromMs: 1_500, toMs: 2_000 };
    const { wishes, shelf, arrive, facts } = await shelved({ a: [customer], b: [later] });
    const { tenant } = await arrive('a');
    facts.push({ type: 'clock', tenant, take: 'b', against: 'a', offsetMs: -20_000, plusMinusMs: 5 });
    const conversation = await arrive('b', { node: 'n2', clockMs: 20_000 });
    await shelf.want(conversation);
    await wishes.do();
    const merged = await shelf.want(conversation);
    expect(merged).toMatchObject({ takes: ['a', 'b'], audio: { lengthMs: 2_000 } });
    expect(merged!.clocks).toEqual([
      { take: 'a', clock: { offsetMs: 0, plusMinusMs: 0, by: 'same-clock' } },
      { take: 'b', clock: { offsetMs: -20_000, plusMinusMs: 5, by: 'told' } },
    ]);
  });

  it('R-REC-8: is taken away as FLAC, in a thread of its own: of its samples none is another one, and where flac is missing that is said', async () => {
    const { shelf, arrive, wishes } = await shelved({ a: [customer, agent] });
    const conversation = await arrive('a');
    const [wav] = await shelf.originals(conversation, ['wav'], never);
    await shelf.want(conversation);
    const { work } = [...wishes.all.values()][0]!;
    const order = { work, privateKeys: [journalKeys.privateKey], ffmpeg: 'ffmpeg', flac: 'flac' };
    const gone = new AbortController();
    onTestFinished(() => gone.abort());
    const files = await exportInThread({ ...order, kinds: ['wav', 'flac'] }, gone.signal, compiledExporter);
    expect(files.map(({ name }) => name)).toEqual(['audio.wav', 'audio.flac']);
    const inProcess = await buffer(wav!.bytes);
    expect((await buffer(files[0]!.bytes)).equals(inProcess)).toBe(true);
    const flac = await buffer(files[1]!.bytes);
    expect(flac.length).toBeLessThan(inProcess.length);
    expect(flac.length).toBeLessThanOrEqual(files[1]!.bytesMax);
    const unpacked = execFileSync('flac', ['--decode', '--stdout', '--silent', '-'], { input: flac, stdio: 'pipe' });
    expect(unpacked.equals(inProcess)).toBe(true);
    const without = exportInThread({ ...order, flac: '/nowhere/flac', kinds: ['flac'] }, gone.signal, compiledExporter);
    await expect(without).rejects.toMatchObject({ code: 'flac-encoder-missing' });
    const left = exportInThread({ ...order, kinds: ['wav'] }, AbortSignal.abort(), compiledExporter);
    await expect(left).rejects.toMatchObject({ code: 'export-ended' });
  });

  it('R-REC-8: is taken away as WAV, and as the packets it was made of, without what was paused in any copy', async () => {
    const half: Tone = { ...agent, toMs: 260 };
    const { shelf, arrive } = await shelved({ a: [customer, half], b: [customer, agent] });
    await arrive('a');
    const conversation = await arrive('b');
    expect(await shelf.originals(conversation, [], never)).toEqual([]);
    const files = await shelf.originals(conversation, ['wav', 'packets'], never);
    expect(files.map(({ name }) => name)).toEqual([
      'audio.wav',
      'packets.pcap',
      'recordings/1.json',
      'recordings/2.json',
    ]);
    const [wav, pcap, manifest] = await Promise.all(files.map(({ bytes }) => buffer(bytes)));
    expect(wav!.length).toBe(files[0]!.bytesMax);
    const { samples, sampleRateHz } = readWav(wav!);
    expect([sampleRateHz, samples.map(({ length }) => length)]).toEqual([8_000, [4_000, 4_000]]);
    const packets = [...readPcap(pcap!)];
    expect(packets.map(({ to }) => to.port).sort()).toEqual([...Array(25).fill(10_002), ...Array(25).fill(10_004)]);
    expect(packets.map(({ arrivalUs }) => arrivalUs)).toEqual(packets.map(({ arrivalUs }) => arrivalUs).sort());
    expect(pcap!.length).toBeLessThanOrEqual(files[1]!.bytesMax);
    expect(manifestSchema.parse(JSON.parse(String(manifest))).facts.take).toBe('a');
  });
});
