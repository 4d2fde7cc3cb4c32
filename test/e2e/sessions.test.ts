import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recorderControl } from '#cluster/recorder';
import { compareLedger, type MsrCall } from '#ops/lab/msr-source';
import type { Layout } from '#src/config';
import { loadPrivateKey, readStreams } from '#src/journal';
import { captureWriter } from '#src/media/capture';
import { pcmuEncoder } from '#src/media/codec';
import { seededRandom } from '#src/ports';
import { field, openPeer } from '../conformance/drachtio/peer.ts';
import { until } from '../harness/processes.ts';
import { agentHz, counters, customerHz, setStage, spansOf, spoken, spokenOn, tone } from './stage.ts';

const streamsMax = 4;
const retryAfterSeconds = 7;
const silenceMsMax = 1_500;
const toleranceMs = 20;
const stage = setStage({
  config: {
    recorder: { streamsMax, retryAfterSeconds, silenceMsMax, codecs: ['PCMU', 'PCMA', 'CN', 'telephone-event'] },
    capture: { segmentBytesMax: 16 * 2 ** 20 },
  },
});

/** Sends one request outside of any dialog, and gives the final answer. */
async function asked(method: 'OPTIONS' | 'INVITE') {
  const { address, port } = stage.node.sip;
  const peer = await openPeer();
  onTestFinished(() => peer.close());
  const here = `127.0.0.1:${peer.port}`;
  const body =
    method === 'INVITE'
      ? `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio ${peer.port} RTP/AVP 0\r\n`
      : '';
  const lines = [
    `${method} sip:record=asked@${address}:${port};calluuid=ASKED;dn=7001;recordDN=7001 SIP/2.0`,
    `Via: SIP/2.0/UDP ${here};branch=z9hG4bKasked${method};rport`,
    `From: <sip:caller@${here}>;tag=asked`,
    `To: <sip:record=asked@${address}:${port}>`,
    `Call-ID: asked-${method}@127.0.0.1`,
    `CSeq: 1 ${method}`,
    `Contact: <sip:caller@${here}>`,
    'Max-Forwards: 70',
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
  ];
  peer.send(`${lines.join('\r\n')}\r\n\r\n${body}`, port);
  for (;;) {
    const heard = await peer.next();
    if (!heard.startLine.startsWith('SIP/2.0 1')) return heard;
  }
}

const nothingHeld = () => stage.node.reported('everything to be given back', ({ sessions }) => sessions === 0);
const endsOf = async (call: MsrCall) => (await call.ended).map(({ reason }) => reason);

/** RTP packets of some streams in the journal of capture. */
async function journaled(streams: readonly string[]): Promise<number> {
  const { captureJournalDir: folder, keysDir } = stage.node.layout;
  const privateKey = await loadPrivateKey(join(keysDir, 'journal-private.pem'));
  let packets = 0;
  for await (const records of readStreams({ folder, writer: captureWriter, privateKey, streams: new Set(streams) }))
    packets += records.filter(({ kind }) => kind === 'rtp').length;
  return packets;
}

/** Looks into every file of the journals and recordings. */
function searched({ captureJournalDir, recorderJournalDir, recordingsDir }: Layout, holds: (bytes: Buffer) => boolean) {
  const files = [captureJournalDir, recorderJournalDir, recordingsDir].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return { files: files.length, holding: files.filter((path) => holds(readFileSync(path))) };
}

describe('sessions', () => {
  it('R-SIP-3: OPTIONS is answered 200, saying what is understood', async () => {
    const answer = await asked('OPTIONS');
    expect(answer.startLine).toBe('SIP/2.0 200 OK');
    expect(field(answer, 'Allow')).toContain('INVITE');
    expect(field(answer, 'Accept')).toContain('application/sdp');
  });

  it('R-SIP-3, R-REC-1: an offer without an accepted codec is refused with 488, and leaves nothing', async () => {
    const audio = counters;
    const call = stage.call({
      parties: [
        { dn: '7001', audio, codecs: ['G722', 'G729'] },
        { dn: '5550142', audio, codecs: ['G722'] },
      ],
    });
    await expect(call.answered).rejects.toMatchObject({ code: 'msr-call-refused', details: { status: 488 } });
    expect(await stage.node.report()).toMatchObject({ sessions: 0, streams: 0 });
  });

  it('R-SIP-3, R-REC-2: above the stream limit 503 with Retry-After, until a stream is given back', async () => {
    const calls = [
      stage.call({ audio: [counters, counters] }),
      stage.call({ form: 'single', audio: [counters, counters] }),
    ];
    await Promise.all(calls.map(({ answered }) => answered));
    expect(await stage.node.report()).toMatchObject({ sessions: 2, streams: streamsMax, streamsMax });
    const refused = await asked('INVITE');
    expect(refused.startLine).toMatch(/^SIP\/2\.0 503 /);
    expect(field(refused, 'Retry-After')).toBe(String(retryAfterSeconds));
    const [first, second] = calls as [MsrCall, MsrCall];
    await spoken(calls, 200);
    await stage.recorded(first);
    const third = stage.call({ audio: [counters, counters] });
    await third.answered;
    expect(await endsOf(first)).toEqual(['hung-up', 'hung-up']);
    for (const call of [second, third]) {
      const recording = await stage.recorded(call);
      expect(compareLedger(call.sent(), await stage.node.packets(recording))).toMatchObject({ missing: 0, extra: 0 });
    }
  });

  it('R-SIP-3: CANCEL before the answer leaves nothing', async () => {
    const { node } = stage;
    const { pids } = await node.card();
    // Capture stands still, so nothing is answered until it goes on.
    process.kill(pids.capture!, 'SIGSTOP');
    const goOn = () => void process.kill(pids.capture!, 'SIGCONT');
    onTestFinished(goOn);
    const call = stage.call();
    const actors = async () => JSON.stringify(await recorderControl.actors(node.layout.recorderSocket));
    await until('the session to be begun', async () => (await actors()).includes(call.recordId));
    call.cancel();
    expect(await endsOf(call)).toEqual(['cancelled', 'cancelled']);
    goOn();
    await nothingHeld();
    expect((await node.recordings()).map(({ manifest }) => manifest.facts.recordingId)).not.toContain(call.recordId);
    expect(await node.report()).toMatchObject({ streams: 0, backlog: 0 });
  });

  it('R-SIP-1: a re-INVITE moves the media to another address, and nothing is lost', async () => {
    const call = stage.call();
    await spoken(call, 1_000);
    await call.moveMedia();
    await spokenOn(call, 500);
    await call.moveMedia();
    await spokenOn(call, 500);
    const recording = await stage.recorded(call);
    expect(compareLedger(call.sent(), await stage.node.packets(recording))).toMatchObject({ missing: 0, extra: 0 });
    expect(recording.manifest.facts).toMatchObject({ problems: [], streams: [{ gaps: [] }, { gaps: [] }] });
    const { left, right, lengthMs } = await stage.hear(recording);
    const { toMs } = spansOf(call.sent(), call.parties[0]!)[0]!;
    expect(Math.abs(lengthMs - toMs)).toBeLessThanOrEqual(toleranceMs);
    expect(left.levelDb(agentHz)).toBeGreaterThan(-8);
    expect(right.levelDb(customerHz)).toBeGreaterThan(-8);
  });

  it('R-REC-3, R-SIP-3: hold by re-INVITE is silence of its length, not the end, however long it is', async () => {
    const call = stage.call();
    await spoken(call, 1_000);
    await call.hold();
    await spokenOn(call, silenceMsMax + 500);
    await call.resume();
    await spokenOn(call, 1_000);
    const recording = await stage.recorded(call);
    const [before, after] = spansOf(call.sent(), call.parties[0]!) as [
      { toMs: number },
      { fromMs: number; toMs: number },
    ];
    const { left, lengthMs } = await stage.hear(recording);
    expect(Math.abs(lengthMs - after.toMs)).toBeLessThanOrEqual(toleranceMs);
    expect(left.peak(before.toMs + toleranceMs, after.fromMs - toleranceMs)).toBe(0);
    expect(left.levelDb(agentHz, toleranceMs, before.toMs - toleranceMs)).toBeGreaterThan(-8);
    expect(left.levelDb(agentHz, after.fromMs + toleranceMs, after.toMs - toleranceMs)).toBeGreaterThan(-8);
    expect(recording.manifest.facts).toMatchObject({ endReason: 'bye', problems: [] });
  });

  it('R-REC-2: silence ends the recording: the caller gets a BYE, the manifest the reason', async () => {
    const call = stage.call({ audio: [tone(agentHz, 1_000), tone(customerHz, 1_000)] });
    expect(await endsOf(call)).toEqual(['hung-up-by-recorder', 'hung-up-by-recorder']);
    const recording = await stage.node.recording(call.recordId);
    expect(recording.manifest.facts).toMatchObject({
      endReason: 'silence',
      streams: [{ endReason: 'silence' }, { endReason: 'silence' }],
      problems: [],
    });
    expect(Math.abs((await stage.hear(recording)).lengthMs - 1_000)).toBeLessThanOrEqual(toleranceMs);
  });

  it('R-REC-6: an operator stops a recording: the caller gets a BYE, the manifest the reason and who asked', async () => {
    const call = stage.call();
    await spoken(call, 1_000);
    const takes = await stage.node.command('stop', call.recordId, 'Ada');
    expect(await endsOf(call)).toEqual(['hung-up-by-recorder', 'hung-up-by-recorder']);
    const recording = await stage.node.recording(call.recordId);
    expect(takes).toEqual([recording.manifest.facts.take]);
    const ended = { endReason: 'operator', endDetail: 'asked by Ada' };
    expect(recording.manifest.facts).toMatchObject({ endReason: 'operator', dialogs: [ended, ended] });
  });

  it('R-REC-2: a stream of too few packets is marked, and kept', async () => {
    const few = { kind: 'counters', packets: 30 } as const;
    const call = stage.call({ audio: [few, { kind: 'counters', packets: 60 }] });
    await call.said;
    const recording = await stage.recorded(call);
    const { streams, problems } = recording.manifest.facts;
    expect(streams.map(({ packets }) => packets)).toEqual([30, 60]);
    expect(problems).toMatchObject([{ code: 'stream-short', stream: streams[0]!.stream }]);
    expect(compareLedger(call.sent(), await stage.node.packets(recording))).toMatchObject({ missing: 0, extra: 0 });
  });

  it('R-REC-6: what is said in a pause is nowhere, and the recording is as long as the call', async () => {
    const call = stage.call();
    await spoken(call, 1_000);
    await stage.node.command('pause', call.recordId, 'Ada');
    await spokenOn(call, 800);
    await stage.node.command('resume', call.recordId, 'Bob');
    await spokenOn(call, 1_000);
    const recording = await stage.recorded(call);
    const { facts } = recording.manifest;
    const packets = await stage.node.packets(recording);
    const { sent, recorded, missing, extra } = compareLedger(call.sent(), packets);
    expect({ missing, extra }).toEqual({ missing: sent - recorded, extra: 0 });
    expect(facts).toMatchObject({ pauses: [{ by: 'Ada' }], problems: [], streams: [{ gaps: [] }, { gaps: [] }] });
    expect(facts.streams.reduce((sum, { paused }) => sum + paused, 0)).toBe(missing);
    expect(missing).toBeGreaterThan(2 * (700 / 20));
    // The journal itself holds no more than the recording.
    expect(await journaled(facts.streams.map(({ stream }) => stream))).toBe(recorded);

    const { left, right, lengthMs } = await stage.hear(recording);
    const { toMs } = spansOf(call.sent(), call.parties[0]!)[0]!;
    expect(Math.abs(lengthMs - toMs)).toBeLessThanOrEqual(toleranceMs);
    for (const [index, channel] of [left, right].entries()) {
      const spans = spansOf(packets, call.parties[index]!);
      expect(spans).toHaveLength(2);
      const [before, after] = spans as [(typeof spans)[number], (typeof spans)[number]];
      expect(after.fromMs - before.toMs).toBeGreaterThan(700);
      expect(channel.peak(before.toMs + toleranceMs, after.fromMs - toleranceMs)).toBe(0);
      const frequencyHz = [agentHz, customerHz][index]!;
      expect(channel.levelDb(frequencyHz, toleranceMs, before.toMs - toleranceMs)).toBeGreaterThan(-8);
      expect(channel.levelDb(frequencyHz, after.fromMs + toleranceMs, after.toMs - toleranceMs)).toBeGreaterThan(-8);
    }
  });

  it('R-REC-5: no file of the node holds what was said in plain', async () => {
    const noise = Int16Array.from(seededRandom(1).bytes(8 * 1_000), (byte) => 128 * (byte - 128));
    const said = pcmuEncoder().encode(noise);
    const call = stage.call({ audio: [{ kind: 'samples', samples: noise, sampleRateHz: 8_000 }, counters] });
    await call.answered;
    await call.parties[0]!.stream!.said;
    const recording = await stage.recorded(call);
    const pieces = [10, 40].map((packet) => said.subarray(160 * packet, 160 * (packet + 1)));
    const holds = (bytes: Uint8Array) => pieces.some((piece) => Buffer.from(bytes).includes(piece));
    expect((await stage.node.packets(recording)).filter(({ payload }) => holds(payload))).toHaveLength(2);
    const { files, holding } = searched(stage.node.layout, holds);
    expect(files).toBeGreaterThan(3);
    expect(holding).toEqual([]);
  });
});
