import { cpSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MsrCall } from '#ops/lab/msr-source';
import type { StoredRecording } from '#src/recording';
import { type CommandEnd, runTwinreel } from '../harness/node.ts';
import { temporaryFolder } from '../harness/processes.ts';
import { startRedis, type TestRedis } from '../harness/redis.ts';
import { counters, setStage, spoken } from './stage.ts';

let redis: TestRedis | undefined;
afterAll(() => redis?.stop());
const stage = setStage(async () => {
  redis = await startRedis();
  return { config: { node: 'desk-1', redis: { url: redis.url }, capture: { segmentBytesMax: 2 ** 20 } } };
});
const folder = temporaryFolder('cli');
afterAll(() => folder.remove());

let call: MsrCall;
let recording: StoredRecording;
beforeAll(async () => {
  call = stage.call();
  await spoken(call, 1_000);
  recording = await stage.recorded(call);
});

const twinreel = (...args: readonly string[]) => stage.node.twinreel(...args);

/** The one document of a command that succeeded. */
async function json<Document>(...args: readonly string[]): Promise<Document> {
  const { exitCode, stdout, stderr } = await twinreel(...args, '--json');
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  return JSON.parse(stdout) as Document;
}

const failed = (code: string) =>
  expect.objectContaining<Partial<CommandEnd>>({
    exitCode: 1,
    stdout: '',
    stderr: expect.stringContaining(`[${code}]`),
  });

describe('twinreel recordings', () => {
  it('R-REC-8: list names every recording, for people and for programs', async () => {
    const { take, recordingId } = recording.manifest.facts;
    const { exitCode, stdout } = await twinreel('recordings', 'list');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`^${take} .* 7001 – 5550142 .* ok$`, 'm'));
    expect(await json('recordings', 'list')).toEqual({
      recordings: [expect.objectContaining({ take, recordingId, folder: recording.folder })],
      damaged: [],
    });
  });

  it('R-REC-8: show tells who, how long and what is missing', async () => {
    const { stdout } = await twinreel('recordings', 'show', call.recordId);
    expect(stdout).toContain(`recording  ${call.recordId}`);
    expect(stdout).toContain('parties    7001 (left), 5550142 (right)');
    expect(stdout).toContain('problems   none');
    const [shown] = await json<StoredRecording['manifest'][]>(
      'recordings',
      'show',
      recording.manifest.facts.take.slice(0, 8),
    );
    expect(shown).toMatchObject(recording.manifest);
  });

  it.each(['wav', 'rtpdump', 'pcap'] as const)('R-REC-8: export writes a %s', async (format) => {
    const out = join(folder.path, `call.${format}`);
    const end = await json<object>('recordings', 'export', call.recordId, '--format', format, '--out', out);
    expect(end).toEqual({ take: recording.manifest.facts.take, undecodable: [], format, out });
    expect(readFileSync(out).equals(await stage.node.export(recording, format))).toBe(true);
  });

  it('R-REC-8: a name that is none, or that of several takes, is refused with the reason', async () => {
    const again = stage.call({ recordId: call.recordId, audio: [counters, counters] });
    await spoken(again, 200);
    await again.hangUp();
    await stage.node.reported('the second take', ({ finished }) => finished === 2);
    expect(await twinreel('recordings', 'show', 'nobody')).toEqual(failed('recording-unknown'));
    const out = join(folder.path, 'none.wav');
    const ambiguous = await twinreel('recordings', 'export', call.recordId, '--out', out, '--json');
    expect(ambiguous).toMatchObject({ exitCode: 1, stdout: '' });
    const { error } = JSON.parse(ambiguous.stderr) as { error: { code: string; message: string } };
    expect(error.code).toBe('recording-ambiguous');
    expect(error.message).toContain(recording.manifest.facts.take);
    expect(existsSync(out)).toBe(false);
  });

  it('R-REC-6: pause, resume and stop reach the recording that runs', async () => {
    const running = stage.call();
    await spoken(running, 200);
    expect((await twinreel('recordings', 'pause', running.recordId, '--by', 'Ada')).stdout).toMatch(/^pause: \w+\n$/);
    const resumed = await json<{ command: string; takes: string[] }>('recordings', 'resume', running.recordId);
    expect(resumed).toMatchObject({ command: 'resume', takes: [expect.any(String)] });
    expect((await twinreel('recordings', 'stop', running.recordId)).exitCode).toBe(0);
    expect((await running.ended).map(({ reason }) => reason)).toEqual(['hung-up-by-recorder', 'hung-up-by-recorder']);
    const { facts } = (await stage.node.recording(running.recordId)).manifest;
    expect(facts).toMatchObject({ endReason: 'operator', pauses: [{ by: 'Ada' }] });
    expect(await twinreel('recordings', 'stop', running.recordId)).toEqual(failed('recording-unknown'));
  });
});

describe('twinreel journal', () => {
  it.each(['inspect', 'verify'])('R-REC-5: %s says that the journals of a running node are whole', async (verb) => {
    const { captureJournalDir, recorderJournalDir } = stage.node.layout;
    const { exitCode, stdout } = await twinreel('journal', verb, recorderJournalDir);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringContaining(`${recorderJournalDir}: whole`),
    });
    const inspection = await json<{ segments: object[] }>('journal', verb, captureJournalDir);
    expect(inspection).toMatchObject({ folder: captureJournalDir, intact: true });
    expect(inspection.segments.length).toBeGreaterThan(0);
  });

  it.each(['inspect', 'verify'])('R-REC-5: %s finds one altered byte, and names its place', async (verb) => {
    const { captureJournalDir } = stage.node.layout;
    const copy = join(folder.path, `altered-${verb}`);
    cpSync(captureJournalDir, copy, { recursive: true });
    const segment = readdirSync(copy).find((name) => statSync(join(copy, name)).size > 0)!;
    const path = join(copy, segment);
    const bytes = readFileSync(path);
    const at = Math.floor(bytes.findLastIndex((byte) => byte !== 0) / 2);
    bytes[at] = bytes[at]! ^ 1;
    writeFileSync(path, bytes);
    const [{ exitCode, stdout }, inJson] = await Promise.all([
      twinreel('journal', verb, copy),
      twinreel('journal', verb, copy, '--json'),
    ]);
    expect([exitCode, inJson.exitCode]).toEqual([1, 1]);
    expect(stdout).toContain(`${copy}: DAMAGED`);
    const line = stdout.split('\n').find((one) => one.startsWith(segment));
    const cutAt = Number(/cut at byte (\d+)/.exec(line ?? '')?.[1]);
    expect(cutAt).toBeGreaterThan(0);
    expect(cutAt).toBeLessThanOrEqual(at);
    expect(JSON.parse(inJson.stdout)).toMatchObject({ intact: false });
    expect(inJson.stdout).toContain(`"cutAt":${cutAt}`);
  });

  it('R-REC-5: a folder that is not there, or that holds no journal, is not called whole', async () => {
    const ends = [
      twinreel('journal', 'inspect', join(folder.path, 'nowhere')),
      twinreel('journal', 'verify', folder.path),
    ];
    for (const end of ends) expect(await end).toEqual(failed('journal-unreadable'));
  });
});

describe('twinreel status', () => {
  it('R-OPS-3: tells where the node is and what runs', async () => {
    const { exitCode, stdout } = await twinreel('status');
    const { address, port } = stage.node.sip;
    expect(exitCode).toBe(0);
    expect(stdout).toContain('node     desk-1');
    expect(stdout).toContain(`sip      udp/${address}:${port}`);
    expect(stdout).toMatch(/redis {4}ok/);
    expect(stdout).toMatch(new RegExp(`^desk-1 +recorder +${stage.node.recorder.pid} `, 'm'));
    const status = await json<object>('status');
    expect(status).toMatchObject({ node: { node: 'desk-1', pids: { keeper: stage.node.keeper.pid } }, redis: 'ok' });
    expect(status).toMatchObject({ processes: [{ process: 'recorder', figures: { streamsMax: 1_350 } }] });
  });

  it('R-OPS-3: exits 1 when the node is down', async () => {
    const config = join(folder.path, 'down.yaml');
    writeFileSync(config, `dataDir: ${join(folder.path, 'down')}\n`);
    const { exitCode, stdout } = await runTwinreel(['status', '--config', config]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: expect.stringContaining('this node is down') });
  });
});

describe('twinreel config check', () => {
  it('R-CFG-5: a good file is valid, and shown without its secret', async () => {
    expect(await twinreel('config', 'check')).toEqual({
      exitCode: 0,
      stdout: 'the configuration is valid\n',
      stderr: '',
    });
    expect(await json('config', 'check')).toMatchObject({
      valid: true,
      config: { node: 'desk-1', sip: { port: 0 }, edge: { secret: '(hidden)' } },
    });
  });

  it('R-CFG-5: a bad file is refused with path, value and what is allowed', async () => {
    const config = join(folder.path, 'bad.yaml');
    writeFileSync(config, 'recorder: { streamsMax: 1 }\nsip: { prot: 5060 }\n');
    const end = await runTwinreel(['config', 'check', '--config', config]);
    expect(end).toEqual(failed('config-invalid'));
    expect(end.stderr).toMatch(/recorder\.streamsMax: 1 is not allowed; at least 2/);
    expect(end.stderr).toMatch(/sip\.prot: this setting is not allowed; settings here: address, port/);
    const inJson = await runTwinreel(['config', 'check', '--json', '--config', config]);
    expect(JSON.parse(inJson.stderr)).toMatchObject({ error: { code: 'config-invalid' } });
    expect(await runTwinreel(['config', 'check', '--config', join(folder.path, 'none.yaml')])).toEqual(
      failed('config-unreadable'),
    );
  });
});
