import { describe, expect, it } from 'vitest';
import { compareLedger, examplesMax, Ledger, payloadDigest, type ReceivedPacket } from '#ops/lab/msr-source';

const payload = (number: number) => Buffer.alloc(160, number);

function sentAndReceived(count: number): [Ledger, ReceivedPacket[]] {
  const ledger = new Ledger();
  const received: ReceivedPacket[] = [];
  for (let index = 0; index < count; index += 1) {
    const packet = { ssrc: 0xfffffffe, sequence: (65_000 + index) & 0xffff, timestamp: (index * 160) >>> 0 };
    ledger.add({ ...packet, digest: payloadDigest(payload(index)), atMs: 20 * index });
    received.push({ ...packet, payload: payload(index) });
  }
  return [ledger, received];
}

describe('ledger', () => {
  it('finds nothing missing when everything came, in any order, over wraps', () => {
    const [ledger, received] = sentAndReceived(2_000);
    expect(ledger.count).toBe(2_000);
    expect(ledger.last?.atMs).toBe(20 * 1_999);
    expect(compareLedger(ledger, received.reverse())).toMatchObject({
      sent: 2_000,
      recorded: 2_000,
      missing: 0,
      extra: 0,
    });
  });

  it('names what is missing', () => {
    const [ledger, received] = sentAndReceived(100);
    const comparison = compareLedger(ledger, received.slice(3));
    expect(comparison).toMatchObject({ sent: 100, recorded: 97, missing: 3, extra: 0 });
    expect(comparison.examples.missing.map(({ sequence }) => sequence)).toEqual([65_000, 65_001, 65_002]);
  });

  it('a packet with another payload or of another source is extra, and the sent one missing', () => {
    const [ledger, received] = sentAndReceived(10);
    received[4] = { ...received[4]!, payload: payload(99) };
    received[5] = { ...received[5]!, ssrc: 1 };
    expect(compareLedger(ledger, received)).toMatchObject({ sent: 10, recorded: 8, missing: 2, extra: 2 });
  });

  it('a packet recorded twice is neither missing nor extra', () => {
    const [ledger, received] = sentAndReceived(10);
    expect(compareLedger(ledger, [...received, received[0]!])).toMatchObject({ recorded: 10, extra: 0, repeated: 1 });
  });

  it('a packet sent twice is one packet', () => {
    const [ledger, received] = sentAndReceived(2);
    ledger.add({ ssrc: 0xfffffffe, sequence: 65_000, timestamp: 0, digest: payloadDigest(payload(0)), atMs: 40 });
    expect(ledger.count).toBe(3);
    expect(compareLedger(ledger, received)).toMatchObject({ sent: 2, recorded: 2, missing: 0 });
  });

  it('names at most a few of many', () => {
    const [ledger] = sentAndReceived(1_000);
    expect(compareLedger(ledger, []).examples.missing).toHaveLength(examplesMax);
  });
});
