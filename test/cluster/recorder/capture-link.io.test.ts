import { describe, expect, it, onTestFinished } from 'vitest';
import type { WantedStream } from '#actors/session';
import type { HeldStreams } from '#actors/sessions';
import { seededRandom, systemClock } from '#src/ports';
import { CaptureLink, type CaptureLinkOptions } from '../../../cluster/recorder/capture-link.io.ts';
import { until } from '../../harness/processes.ts';
import { startCapture } from '../../src/media/capture/fixture.ts';

function wanted(stream: string): WantedStream {
  const formats = [{ payloadType: 0, codec: 'PCMU', clockRateHz: 8_000, channels: 1 }];
  const peer = { address: '127.0.0.1', port: 6_000 };
  return { stream, line: 0, party: '1', formats, peer, rtcpMux: true, held: false };
}

/** A recorder's link, and what it was told. */
function linkTo(path: string, more: Partial<CaptureLinkOptions> = {}) {
  const held: HeldStreams[] = [];
  const silent: string[] = [];
  let fenced = 0;
  const link = new CaptureLink({
    findSocket: async () => path,
    epoch: 1,
    holder: 'recorder',
    silenceMsMax: 60_000,
    clock: systemClock,
    random: seededRandom(1),
    log: { info: () => {}, warn: () => {} },
    gates: () => ({ paused: [], running: [] }),
    onSilent: (stream) => void silent.push(stream),
    onHeld: (one) => void held.push(one),
    onAlarm: () => {},
    onFenced: () => {
      fenced += 1;
    },
    ...more,
  });
  onTestFinished(() => link.disconnect());
  link.connect();
  return { link, held, silent, fenced: () => fenced };
}

describe('the link to capture', () => {
  it('R-REC-7: opens streams, all of them or none', async () => {
    const { path, capture } = await startCapture({ streamsMax: 2 });
    const { link } = linkTo(path);
    const [a, b] = await link.open([wanted('a'), wanted('b')], false);
    expect([a?.stream, b?.stream]).toEqual(['a', 'b']);
    await expect(link.open([wanted('c')], false)).rejects.toMatchObject({ code: 'streams-exhausted' });
    await link.close('b');
    await expect(link.open([wanted('c'), wanted('d')], false)).rejects.toMatchObject({ code: 'streams-exhausted' });
    expect(capture.list().streams.map((one) => one.stream)).toEqual(['a']);
  });

  it('R-REC-6: gates what is open and passes over what was closed meanwhile', async () => {
    const { path, capture } = await startCapture();
    const { link } = linkTo(path);
    await link.open([wanted('a'), wanted('b')], false);
    await link.close('b');
    const beforeMs = systemClock.nowMs();
    expect(await link.gate(['a', 'b'], true)).toBeGreaterThanOrEqual(beforeMs);
    expect(capture.list().streams).toMatchObject([{ stream: 'a', paused: true }]);
    expect(await link.gate(['b'], false)).toBeGreaterThanOrEqual(beforeMs);
  });

  it('R-REC-2: has silence counted anew, and passes over what was closed meanwhile', async () => {
    const { path } = await startCapture();
    const { link, silent } = linkTo(path, { silenceMsMax: 1 });
    await link.open([wanted('a')], false);
    await until('the silence', () => silent.length === 1);
    await link.expect(['a', 'closed']);
    await until('the next silence', () => silent.length === 2);
  });

  it('R-SUP-1: a stream that capture does not know, as it went down with it, counts as closed with nothing', async () => {
    const { path, capture } = await startCapture();
    const { link } = linkTo(path);
    const { counters, to } = await link.close('unknown');
    expect(counters).toEqual({ packets: 0, bytes: 0, lost: 0, duplicates: 0, paused: 0 });
    expect(to).toEqual(capture.stats().position);
  });

  it('R-SUP-1: when it connects it tells what is held, and that a stream has been silent meanwhile', async () => {
    const { path, capture } = await startCapture();
    const first = linkTo(path, { silenceMsMax: 1 });
    await first.link.open([wanted('mute')], false);
    first.link.disconnect();
    await until('the silence', () => capture.list().streams[0]?.silent);
    const second = linkTo(path, { epoch: 2 });
    await until('what is held', () => second.held.length > 0);
    expect([...second.held[0]!.streams]).toEqual([['mute', 'silent']]);
  });

  it('R-SUP-1: tries until capture listens; what was ordered before waits and is done then', async () => {
    const { path, capture } = await startCapture();
    let listens = false;
    const { link } = linkTo(path, { findSocket: async () => (listens ? path : undefined) });
    const opening = link.open([wanted('a')], false);
    expect(link.isConnected).toBe(false);
    listens = true;
    expect(await opening).toMatchObject([{ stream: 'a' }]);
    expect(capture.list().streams).toHaveLength(1);
  });

  it('R-SUP-1: of two recorders the newer one commands; the older one is told, and tries no more', async () => {
    const { path } = await startCapture();
    const old = linkTo(path);
    await until('the connection', () => old.link.isConnected);
    const newer = linkTo(path, { epoch: 2, holder: 'newer' });
    await until('the fence', () => old.fenced() === 1);
    expect(await newer.link.open([wanted('a')], false)).toHaveLength(1);
    const late = linkTo(path, { holder: 'late' });
    await until('the refusal', () => late.fenced() === 1);
    expect([old.link.isConnected, late.link.isConnected, newer.link.isConnected]).toEqual([false, false, true]);
  });
});
