import { afterEach, expect, it } from 'vitest';
import { type Answerer, startAnswerer } from './answerer.ts';
import { until } from './processes.ts';
import { runSipp, runSippMsr } from './sipp.ts';

const codec = { payloadType: 8, format: 'PCMA/8000' };
const first = Buffer.alloc(20 * 160, 0x11);
const second = Buffer.alloc(20 * 160, 0x22);
const recording = { recordId: 'rec-1', callUuid: '00RV9H7S6O8V3BSHAG7GK2LAES00002M', dn: '3556', otherDn: '0412' };

let answerer: Answerer | undefined;
afterEach(async () => {
  await answerer?.close();
  answerer = undefined;
});

async function placed(form: 'per-party' | 'single') {
  answerer = await startAnswerer();
  const result = await runSippMsr({
    form,
    target: answerer,
    recordings: [recording],
    codec,
    first,
    second,
    callMs: 1_500,
  });
  const { calls } = answerer;
  await until('the ends of the calls', () => calls.every(({ phase }) => phase === 'hung-up'));
  return { result, calls: calls.sort((a, b) => b.dn!.localeCompare(a.dn!)) };
}

const audioOf = (call: Answerer['calls'][number]) =>
  call.heard.map(({ packets }) => Buffer.concat(packets.map(({ payload }) => payload)));

it('R-SIP-1: plays the two INVITEs of a per-party recording, each with its own audio', async () => {
  const { result, calls } = await placed('per-party');
  expect(result).toMatchObject({ exitCode: 0, succeeded: 2, failed: 0, complaints: '' });
  const keys = 'calluuid=00RV9H7S6O8V3BSHAG7GK2LAES00002M';
  expect(calls.map(({ requestUri }) => requestUri.slice(requestUri.indexOf(';') + 1))).toEqual([
    `${keys};dn=3556;recordDN=3556`,
    `${keys};dn=0412;recordDN=3556`,
  ]);
  expect(calls.map(audioOf)).toEqual([[first], [second]]);
  for (const { heard } of calls) expect(heard[0]!.packets[0]!.payloadType).toBe(8);
});

it('R-SIP-1: plays the single INVITE with two audio m-lines, one stream to each', async () => {
  const { result, calls } = await placed('single');
  expect(result).toMatchObject({ exitCode: 0, succeeded: 1, failed: 0, complaints: '' });
  expect(calls.map(({ requestUri }) => requestUri)).toEqual([
    expect.stringMatching(/;dn=3556;otherDN=0412;recordDN=3556$/),
  ]);
  expect(calls.map(audioOf)).toEqual([[first, second]]);
});

it('R-SIP-3: several Via and a Record-Route come through an edge of ours', async () => {
  const { result } = await placed('per-party');
  const answers = result.messages.split(/^-{10,}.*$/m).filter((text) => text.includes('SIP/2.0 200 OK'));
  const inviteAnswers = answers.filter((text) => /CSeq: 1 INVITE/i.test(text));
  expect(inviteAnswers).toHaveLength(2);
  for (const text of inviteAnswers) {
    expect(text).toContain('SIP/2.0/TCP 192.0.2.20:7090;branch=z9hG4bK-mcp-');
    expect(text).toContain(';lr;gvp.rm.datanodes=1;confinstid=');
  }
});

it('counts a call that is refused as failed, and complains', async () => {
  answerer = await startAnswerer({ refuse: () => 488 });
  const recordings = [recording];
  const result = await runSippMsr({ form: 'single', target: answerer, recordings, codec, first, second, callMs: 100 });
  expect(result).toMatchObject({ exitCode: 1, succeeded: 0, failed: 1 });
  expect(result.statistics['FailedUnexpectedMessage(C)']).toBe('1');
  expect(result.complaints).toContain('488');
});

it('counts a call that nobody answers as failed, in bounded time', async () => {
  const keys = { audio_payload: '0', audio_format: 'PCMU/8000' };
  const injection = [['rec-1', 'uuid', '1', '1', 1, 'tenant']];
  const files = { 'first.audio': first, 'second.audio': second };
  const target = { address: '127.0.0.1', port: 9 };
  const result = await runSipp({
    scenario: 'msr-per-party',
    target,
    calls: 1,
    runMsMax: 2_000,
    keys,
    injection,
    files,
  });
  expect(result.exitCode).not.toBe(0);
  expect(result.succeeded).toBe(0);
});
