import { describe, expect, it } from 'vitest';
import { buildRtp } from '#src/media';
import { CapturedStream, type StreamFacts } from '../../../../src/media/capture/stream.ts';

const from = { segment: 's', block: 0, offset: 0 };
const facts: StreamFacts = {
  stream: 'one',
  peer: { address: '10.0.0.1', port: 4000 },
  silenceMsMax: 1_000,
  rtcpMux: false,
  gate: 'running',
  openedAtMs: 0,
  from,
  note: '',
};
const rtp = (sequence: number) =>
  buildRtp({ payloadType: 0, sequence, timestamp: sequence * 160, ssrc: 9 }, Buffer.alloc(160));
const rtcp = Buffer.from([0x80, 200, 0, 1, 0, 0, 0, 9]);

describe('captured stream', () => {
  it('R-REC-3: counts by extended sequence numbers, over the wrap, with loss, late and double packets', () => {
    const stream = new CapturedStream(facts, 1, 0);
    for (const sequence of [65_534, 65_535, 1, 0, 1, 4]) stream.observe(rtp(sequence & 0xffff), '10.0.0.1', 4000);
    expect(stream.counters).toMatchObject({ packets: 6, lost: 2, late: 1, duplicates: 1, foreign: 0 });
  });

  it('R-REC-6: nothing passes a closed gate, neither RTP nor RTCP; what it drops is no loss', () => {
    const stream = new CapturedStream(facts, 1, 0);
    expect(stream.observe(rtp(1), '10.0.0.1', 4000)).toBe('rtp');
    stream.gate = 'paused';
    expect(stream.observe(rtp(2), '10.0.0.1', 4000)).toBe('paused');
    expect(stream.observe(rtcp, '10.0.0.1', 4001)).toBe('paused');
    stream.gate = 'resuming';
    expect(stream.observe(rtp(3), '10.0.0.1', 4000)).toBe('paused');
    stream.gate = 'running';
    expect(stream.observe(rtp(4), '10.0.0.1', 4000)).toBe('rtp');
    expect(stream.counters).toMatchObject({ packets: 2, paused: 3, lost: 0 });
  });

  it('R-REC-3: RTCP is told from RTP, and what is neither is not recorded', () => {
    const stream = new CapturedStream(facts, 1, 0);
    expect(stream.observe(rtcp, '10.0.0.1', 4000)).toBe('rtcp');
    for (const junk of [Buffer.alloc(0), Buffer.from('OPTIONS sip:x SIP/2.0'), Buffer.from([0x80, 0, 0])]) {
      expect(stream.observe(junk, '10.0.0.1', 4000)).toBe('malformed');
    }
    expect(stream.counters).toMatchObject({ packets: 0, rtcpPackets: 1, malformed: 3 });
  });

  it('R-REC-4: packets from elsewhere than the peer are no part of it: neither loss, nor sign of life', () => {
    const stream = new CapturedStream(facts, 1, 0);
    stream.becomesSilent(0);
    const heard = [stream.observe(rtp(1), '10.0.0.1', 4002), stream.observe(rtp(900), '10.0.0.2', 4000)];
    expect(heard).toEqual(['foreign', 'foreign']);
    expect(stream.heard).toBe(false);
    expect(stream.observe(rtp(2), '10.0.0.1', 4000)).toBe('rtp');
    expect(stream.counters).toMatchObject({ packets: 1, foreign: 2, lost: 0, restarts: 0 });
    stream.gate = 'paused';
    expect(stream.observe(rtp(3), '10.0.0.2', 4000)).toBe('paused');
    expect(stream.counters).toMatchObject({ foreign: 3, paused: 0 });
  });

  it('R-REC-2: silence is told once, and again after the stream was heard; packets of a pause are no silence', () => {
    const stream = new CapturedStream(facts, 1, 0);
    const look = (nowMs: number) => stream.becomesSilent(nowMs);
    expect([100, 1_000, 1_100, 1_200].map(look)).toEqual([false, false, true, false]);
    stream.gate = 'paused';
    stream.observe(rtp(1), '10.0.0.1', 4000);
    expect([1_300, 2_200, 2_300, 2_400].map(look)).toEqual([false, false, true, false]);
  });
});
