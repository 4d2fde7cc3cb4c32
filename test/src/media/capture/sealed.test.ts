// Streams whose packets come sealed, over real sockets.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SrtpSender } from '#ops/lab/srtp';
import { buildRtp } from '#src/media';
import { Capture, type CaptureFact } from '#src/media/capture';
import { keyAndSaltBytes, type SrtpSuiteName, srtpSuites } from '#src/media/srtp';
import { seededRandom } from '#src/ports';
import type { StreamFacts } from '../../../../src/media/capture/stream.ts';
import { until } from '../../../harness/processes.ts';
import { keys } from '../../journal/fixture.ts';
import { defaults, describeEachReceiver, lease, payloads, startCapture } from './fixture.ts';
import { LedgerSender } from './sender.ts';

const suites = Object.keys(srtpSuites) as SrtpSuiteName[];

function keyed(suite: SrtpSuiteName, seed = 1) {
  const keyAndSalt = seededRandom(seed).bytes(keyAndSaltBytes(suite));
  return {
    sealer: new SrtpSender({ suite, keyAndSalt }),
    srtp: { suite, keyAndSalt: keyAndSalt.toString('base64') },
  };
}
const rtp = (count: number) =>
  buildRtp(
    { payloadType: 0, sequence: count & 0xffff, timestamp: count * 160, ssrc: 1 },
    Buffer.from(`clear ${count}`),
  );
const texts = (...counts: readonly number[]) => counts.map((count) => `clear ${count}`);
const report = Buffer.concat([Buffer.from([0x80, 200, 0, 6, 0, 0, 0, 1]), Buffer.alloc(20, 'sr')]);

async function start(suite: SrtpSuiteName = 'AES_CM_128_HMAC_SHA1_80') {
  const capture = await startCapture();
  const client = await capture.connect();
  const { sealer, srtp } = keyed(suite);
  const peer = { address: '127.0.0.1', port: capture.sender.port };
  const target = await client.open({ ...defaults, stream: 'call', peer, srtp });
  const counters = async () => (await client.list())[0]!.counters;
  const send = (bytes: Buffer) => capture.sender.sendRaw(bytes, target);
  return { ...capture, client, sealer, srtp, peer, target, counters, send };
}

describeEachReceiver('sealed streams', () => {
  it.each(suites)('R-REC-4: %s: what was sealed is in the journal, RTP and RTCP, over a wrap', async (suite) => {
    const { client, sealer, send, read } = await start(suite);
    const counts = Array.from({ length: 40 }, (_, at) => 65_520 + at);
    for (const count of counts) await send(sealer.seal(rtp(count)));
    await send(sealer.sealControl(report));
    expect(await client.list()).toMatchObject([{ stream: 'call', srtp: suite }]);
    const closed = await client.close('call');
    expect(closed.counters).toMatchObject({ packets: 40, rtcpPackets: 1, lost: 0, unauthenticated: 0, replayed: 0 });
    const records = await read('call');
    expect(payloads(records, 'call')).toEqual(texts(...counts));
    expect(records.filter(({ kind }) => kind === 'rtcp').map(({ bytes }) => bytes)).toEqual([report]);
  });

  it('R-REC-4: what is not sealed, altered, sealed with another key or sent again is counted, told once, and nowhere', async () => {
    const { client, sealer, send, read, counters, events } = await start();
    const good = sealer.seal(rtp(1));
    await send(good);
    const turned = Buffer.from(sealer.seal(rtp(2)));
    turned[15]! ^= 4;
    for (const bytes of [rtp(3), turned, keyed('AES_CM_128_HMAC_SHA1_80', 9).sealer.seal(rtp(4)), report])
      await send(bytes);
    await send(good);
    await send(Buffer.from('OPTIONS sip:x SIP/2.0'));
    await send(sealer.sealAt(rtp(5), 0));
    await until('everything to be heard', async () => (await counters()).packets === 2);
    const refused = { packets: 2, unauthenticated: 4, replayed: 1, malformed: 1, foreign: 0, lost: 3 };
    await until('an alarm', () => events.some((event) => event.event === 'alarm'));
    expect((await client.close('call')).counters).toMatchObject(refused);
    expect(events.filter((event) => event.event === 'alarm')).toMatchObject([{ alarm: 'packets-unauthenticated' }]);
    const records = await read('call');
    expect(payloads(records, 'call')).toEqual(texts(1, 5));
    expect(records.filter(({ kind }) => kind !== 'fact')).toHaveLength(2);
  });

  it('R-REC-4: a stranger without the key reaches not even the quarantine; who has it, and is elsewhere, does', async () => {
    const { client, sealer, send, target, read } = await start();
    const stranger = await LedgerSender.open();
    onTestFinished(() => stranger.close());
    await send(sealer.seal(rtp(1)));
    await stranger.sendRaw(rtp(2), target);
    const elsewhere = sealer.seal(rtp(3));
    await stranger.sendRaw(elsewhere, target);
    // What was kept apart has not been taken: where it belongs, it is still welcome.
    await send(elsewhere);
    const { counters } = await client.close('call');
    expect(counters).toMatchObject({ packets: 2, foreign: 1, quarantined: 1, unauthenticated: 1, replayed: 0 });
    expect(payloads(await read('call'), 'call')).toEqual(texts(1, 3));
  });

  it('R-REC-6: sealed packets of a pause do not pass, and count for what comes after it', async () => {
    const { client, sealer, send, counters, read } = await start();
    const far = [1, 20_000, 40_000, 60_000, 80_000, 100_000];
    await send(sealer.seal(rtp(far[0]!)));
    await until('the first', async () => (await counters()).packets === 1);
    await client.pause('call');
    for (const count of far.slice(1, 5)) await send(sealer.seal(rtp(count)));
    await until('the pause', async () => (await counters()).paused === 4);
    await client.resume('call');
    await send(sealer.seal(rtp(far[5]!)));
    await client.close('call');
    expect(payloads(await read('call'), 'call')).toEqual(texts(1, 100_000));
  });

  it('R-REC-4: another key is followed; what the one before sealed is still taken', async () => {
    const { client, sealer, send, read, counters } = await start();
    const late = sealer.seal(rtp(2));
    await send(sealer.seal(rtp(1)));
    await until('the first', async () => (await counters()).packets === 1);
    const next = keyed('AEAD_AES_128_GCM', 2);
    await client.rekey('call', next.srtp);
    await send(next.sealer.seal(rtp(3)));
    await send(late);
    expect((await client.list())[0]!.srtp).toBe('AEAD_AES_128_GCM');
    expect((await client.close('call')).counters).toMatchObject({ packets: 3, unauthenticated: 0 });
    expect(payloads(await read('call'), 'call')).toEqual(texts(1, 3, 2));
  });

  it('R-REC-5: who takes the stream over has key and count from the note; both are in no file, in no answer', async () => {
    const { client, sealer, srtp, send, notes, capture, journalFolder, read, counters } = await start();
    const noted = () => (JSON.parse(notes.at(-1)!) as StreamFacts).srtp?.heard?.[0]?.index ?? -1;
    await send(sealer.seal(rtp(65_000)));
    await until('a note of the source', () => noted() === 65_000);
    for (let count = 65_001; count < 65_600; count += 1) await send(sealer.seal(rtp(count)));
    await until('all of them', async () => (await counters()).packets === 600);
    await until('a note that is not far behind', () => noted() >= 65_512);
    expect(JSON.stringify(await client.list())).not.toContain(srtp.keyAndSalt);
    const note = notes.at(-1)!;
    await capture.end();

    const successor = new Capture({
      journal: { folder: journalFolder, publicKey: keys.publicKey },
      sockets: { lease: () => Promise.reject(new Error('none is wanted')), remember: async () => {} },
      streamsMax: 1,
      quietMs: 1_000,
    });
    onTestFinished(() => successor.end());
    const taken = await lease();
    const socket = taken.rtp;
    successor.adopt(taken, note);
    await successor.resume('call');
    for (let count = 65_600; count < 65_610; count += 1) socket.emit('message', sealer.seal(rtp(count)), peerOf(note));
    socket.emit('message', sealer.sealAt(rtp(65_000), 0), peerOf(note));
    const { counters: after } = await successor.close('call');
    expect(after).toMatchObject({ packets: 10, unauthenticated: 0, replayed: 1 });
    await successor.end();
    expect(payloads(await read('call'), 'call').slice(-10)).toEqual(
      texts(...Array.from({ length: 10 }, (_, at) => 65_600 + at)),
    );

    const key = Buffer.from(srtp.keyAndSalt, 'base64').subarray(0, 16);
    const files = readdirSync(journalFolder).map((name) => readFileSync(join(journalFolder, name)));
    expect(files.length).toBeGreaterThan(1);
    expect(files.some((bytes) => bytes.includes(key) || bytes.includes(srtp.keyAndSalt))).toBe(false);
    const facts = (await read('call')).filter(({ kind }) => kind === 'fact').map(({ bytes }) => bytes.toString());
    expect(facts.some((fact) => (JSON.parse(fact) as CaptureFact).fact === 'stream-opened')).toBe(true);
    expect(facts.join()).not.toContain(srtp.keyAndSalt);
  });

  it('R-REC-4: a key of a false length, or for an unknown suite, is refused without being repeated', async () => {
    const { client, peer } = await start();
    const keyAndSalt = Buffer.alloc(28, 0x42).toString('base64');
    const wanted = {
      ...defaults,
      stream: 'other',
      peer,
      srtp: { suite: 'AES_CM_128_HMAC_SHA1_80' as const, keyAndSalt },
    };
    const refusal = await client.open(wanted).catch((error: Error) => error);
    expect(refusal).toMatchObject({
      code: 'capture-request-invalid',
      message: expect.not.stringContaining(keyAndSalt),
    });
  });
});

/** Where the stream's packets come from, as a socket tells it. */
function peerOf(note: string) {
  return (JSON.parse(note) as { peer: { address: string; port: number } }).peer;
}
