import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { parseRtp } from '#src/media';
import { runSipp, runSippMsr, startSipp } from './sipp.ts';

const codec = { payloadType: 8, format: 'PCMA/8000' };
const first = Buffer.alloc(20 * 160, 0x11);
const second = Buffer.alloc(20 * 160, 0x22);
const recording = { recordId: 'rec-1', callUuid: '00RV9H7S6O8V3BSHAG7GK2LAES00002M', dn: '3556', otherDn: '0412' };

/** A port that keeps the payload of what it hears, by SSRC. */
async function ear() {
  const heard = new Map<number, Buffer[]>();
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.on('message', (bytes) => {
    const packet = parseRtp(bytes);
    if (typeof packet === 'string') throw new Error(packet);
    heard.set(packet.ssrc, [...(heard.get(packet.ssrc) ?? []), packet.payload]);
  });
  const streams = () => [...heard.values()].map((payloads) => Buffer.concat(payloads));
  return { port: socket.address().port, streams, close: () => void socket.close() };
}

async function placed(form: 'per-party' | 'single') {
  const [one, two] = [await ear(), await ear()];
  const calls = form === 'per-party' ? 2 : 1;
  const keys = { first_port: `${one.port}`, second_port: `${two.port}`, audio_payload: '8' };
  const answerer = await startSipp({ scenario: 'two-media-answerer', calls, keys });
  const target = { address: '127.0.0.1', port: answerer.port };
  const result = await runSippMsr({ form, target, recordings: [recording], codec, first, second, callMs: 1_500 });
  const answered = await answerer.ended;
  one.close();
  two.close();
  return { result, answered, atFirstPort: one.streams(), atSecondPort: two.streams() };
}

it('R-SIP-1: plays the two INVITEs of a per-party recording, each with its own audio', async () => {
  const { result, answered, atFirstPort } = await placed('per-party');
  expect(result).toMatchObject({ exitCode: 0, succeeded: 2, failed: 0, complaints: '' });
  expect(answered.messages).toContain(';calluuid=00RV9H7S6O8V3BSHAG7GK2LAES00002M;dn=3556;recordDN=3556 SIP/2.0');
  expect(answered.messages).toContain(';calluuid=00RV9H7S6O8V3BSHAG7GK2LAES00002M;dn=0412;recordDN=3556 SIP/2.0');
  expect(atFirstPort).toHaveLength(2);
  expect(atFirstPort).toContainEqual(first);
  expect(atFirstPort).toContainEqual(second);
});

it('R-SIP-1: plays the single INVITE with two audio m-lines, one stream to each', async () => {
  const { result, answered, atFirstPort, atSecondPort } = await placed('single');
  expect(result).toMatchObject({ exitCode: 0, succeeded: 1, failed: 0, complaints: '' });
  expect(answered.messages).toContain(';dn=3556;otherDN=0412;recordDN=3556 SIP/2.0');
  expect(atFirstPort).toEqual([first]);
  expect(atSecondPort).toEqual([second]);
});

it('counts a call that nobody answers as failed', async () => {
  const nobody = { address: '127.0.0.1', port: 9 };
  const keys = { audio_payload: '0', audio_format: 'PCMU/8000' };
  const injection = [['rec-1', 'uuid', '1', '1', 1, 'tenant']];
  const files = { 'first.audio': first, 'second.audio': second };
  const options = { scenario: 'msr-per-party', target: nobody, calls: 1, runMsMax: 2_000, keys, injection, files };
  const result = await runSipp(options);
  expect(result.exitCode).not.toBe(0);
  expect(result.succeeded).toBe(0);
});
