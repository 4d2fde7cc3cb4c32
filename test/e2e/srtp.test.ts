// Sealed calls through the real processes: the tones that were sealed are heard, whoever is killed meanwhile, and their keys are
// in no byte of the disk and in no line of a log.

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { compareLedger, type MsrCall } from '#ops/lab/msr-source';
import { type SrtpSuiteName, srtpSuites } from '#src/media/srtp';
import { seededRandom } from '#src/ports';
import { callOffering } from '../harness/offering-caller.ts';
import { freeUdpPorts } from '../harness/ports.ts';
import { type RunningProcess, startProcess, until } from '../harness/processes.ts';
import { agentHz, counters, customerHz, setStage, spoken, spokenOn } from './stage.ts';

const stage = setStage({ config: { logging: { level: 'trace' } } });
const suites = Object.keys(srtpSuites) as SrtpSuiteName[];
let recorder: RunningProcess | undefined;
afterAll(() => recorder?.stop());

async function killCapture(): Promise<void> {
  const before = await stage.node.card();
  process.kill(before.pids.capture!, 'SIGKILL');
  await until('another capture', async () => {
    const { restarts, controlSocket } = await stage.node.card();
    return restarts.capture > before.restarts.capture && controlSocket !== null;
  });
  await connectedAgain();
}

async function killRecorder(): Promise<void> {
  process.kill((recorder ?? stage.node.recorder).pid, 'SIGKILL');
  const env = { TWINREEL_CONFIG: stage.node.configFile };
  recorder = await startProcess({ command: 'dist/cluster/processes/recorder.js', env });
  await connectedAgain();
}

function connectedAgain() {
  return until('the recorder to command capture again', async () => {
    const report = await stage.node.report().catch(() => undefined);
    return report?.['packets'] !== undefined;
  });
}

async function expectWhole(call: MsrCall, missingMost = 0) {
  const recording = await stage.recorded(call);
  const comparison = compareLedger(call.sent(), await stage.node.packets(recording));
  expect(comparison.extra).toBe(0);
  expect(comparison.missing).toBeLessThanOrEqual(missingMost);
  return recording.manifest.facts;
}

describe('sealed calls', () => {
  it.each(suites)('R-REC-4: %s: the tones that were sealed are heard; the manifest says how it was', async (srtp) => {
    const call = stage.call({ srtp, senderReports: true });
    await spoken(call, 1_000);
    const recording = await stage.recorded(call);
    const heard = await stage.hear(recording);
    expect(heard.left.levelDb(agentHz)).toBeGreaterThan(-8);
    expect(heard.right.levelDb(customerHz)).toBeGreaterThan(-8);
    const { streams, problems } = recording.manifest.facts;
    expect(problems.filter(({ code }) => code !== 'stream-short')).toEqual([]);
    expect(streams.map((one) => one.srtp)).toEqual(
      streams.map(() => ({ suite: srtp, unauthenticated: 0, replayed: 0 })),
    );
    expect(compareLedger(call.sent(), await stage.node.packets(recording))).toMatchObject({ missing: 0, extra: 0 });
  });

  it('R-REC-5: kill -9 of capture costs what it costs in clear, kill -9 of the recorder nothing, over a wrap too', async () => {
    const [first, second] = ['7001', '7002'].map((dn, at) => ({ dn, audio: counters, sequence: 65_450 + 40 * at }));
    const call = stage.call({ srtp: 'AES_CM_128_HMAC_SHA1_80', form: 'single', parties: [first!, second!] });
    await spoken(call, 1_000);
    await killCapture();
    await spokenOn(call, 1_000);
    await killRecorder();
    await spokenOn(call, 500);
    await call.rekey();
    await spokenOn(call, 500);
    await killCapture();
    await spokenOn(call, 1_000);
    // One block of each kill, in which each stream has one packet, or two.
    const { problems } = await expectWhole(call, 8);
    expect(problems.map(({ code }) => code)).not.toContain('packets-unauthenticated');
  });

  it('R-REC-4: keys that change while the call runs cost nothing', async () => {
    const call = stage.call({ srtp: 'AEAD_AES_128_GCM' });
    await spoken(call, 400);
    for (let time = 0; time < 3; time += 1) {
      await call.rekey();
      await spokenOn(call, 300);
    }
    await expectWhole(call);
  });

  it('R-REC-4: the tone that ffmpeg seals is heard; its key is in no file of the node, in no line of its processes', async () => {
    const keyAndSalt = seededRandom(77).bytes(30);
    const key = keyAndSalt.toString('base64');
    const port = await freeUdpPorts(4);
    const call = await callOffering(stage.node.sip, 'ffmpeg', [
      `m=audio ${port} RTP/SAVP 0`,
      `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${key}|2^31`,
      'a=sendonly',
    ]);
    const own = /a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:(\S{40})/.exec(call.answer)![1]!;
    expect(own).not.toBe(key);
    const url = `srtp://127.0.0.1:${call.portOf(0)}?rtcpport=${call.portOf(0) + 1}&localrtpport=${port}&localrtcpport=${port + 1}`;
    const tone = ['-re', '-f', 'lavfi', '-i', 'sine=frequency=700:sample_rate=8000:duration=3', '-af', 'volume=12dB'];
    const sealed = ['-srtp_out_suite', 'AES_CM_128_HMAC_SHA1_80', '-srtp_out_params', key];
    const args = ['-v', 'error', '-nostdin', ...tone, '-c:a', 'pcm_mulaw', '-f', 'rtp', ...sealed, url];
    await promisify(execFile)('ffmpeg', args);
    await call.hangUp();
    const recording = await stage.node.recording('ffmpeg');
    const [stream] = recording.manifest.facts.streams;
    expect(stream!.srtp).toEqual({ suite: 'AES_CM_128_HMAC_SHA1_80', unauthenticated: 0, replayed: 0 });
    expect(stream).toMatchObject({ lost: 0, gaps: [] });
    expect(stream!.lengthMs).toBeGreaterThan(2_800);
    const heard = await stage.hear(recording);
    expect(heard.left.levelDb(700)).toBeGreaterThan(-9);

    const secrets = [keyAndSalt.subarray(0, 16), Buffer.from(own, 'base64').subarray(0, 16)].flatMap((bytes) => [
      bytes,
      Buffer.from(bytes.toString('hex')),
      Buffer.from(bytes.toString('base64').slice(0, 20)),
    ]);
    const files = readdirSync(stage.node.config.dataDir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name)));
    const processes = [stage.node.keeper, stage.node.recorder, ...(recorder ? [recorder] : [])];
    const texts = [...files, ...processes.map((one) => Buffer.from(one.output()))];
    expect(files.length).toBeGreaterThan(5);
    expect(texts.filter((text) => secrets.some((secret) => text.includes(secret)))).toEqual([]);
  });

  it('R-REC-4: who does not have the key is refused, counted and told, and the call goes on', async () => {
    const key = seededRandom(78).bytes(30).toString('base64');
    const port = await freeUdpPorts(4);
    const offer = [`m=audio ${port} RTP/SAVP 0`, `a=crypto:1 AES_CM_128_HMAC_SHA1_32 inline:${key}`];
    const call = await callOffering(stage.node.sip, 'keyless', offer);
    const url = `rtp://127.0.0.1:${call.portOf(0)}?localrtpport=${port}`;
    const tone = ['-re', '-f', 'lavfi', '-i', 'sine=frequency=700:sample_rate=8000:duration=1'];
    await promisify(execFile)('ffmpeg', ['-v', 'error', '-nostdin', ...tone, '-c:a', 'pcm_mulaw', '-f', 'rtp', url]);
    expect(await stage.node.report()).toMatchObject({ sessions: 1, streams: 1 });
    await call.hangUp();
    const { facts } = (await stage.node.recording('keyless')).manifest;
    const [stream] = facts.streams;
    expect(stream).toMatchObject({ packets: 0, srtp: { suite: 'AES_CM_128_HMAC_SHA1_32', replayed: 0 } });
    expect(stream!.srtp!.unauthenticated).toBeGreaterThan(3);
    expect(facts.problems.map(({ code }) => code)).toContain('packets-unauthenticated');
    const shown = await stage.node.twinreel('recordings', 'show', 'keyless');
    expect(shown.stdout).toContain('packets-unauthenticated: ');
    expect(shown.stdout).not.toContain(key);
  });
});
