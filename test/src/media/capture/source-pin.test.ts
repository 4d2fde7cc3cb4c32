import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Peer } from '#src/media/capture';
import { moveOverlapMs, promotedAfterMs, SourcePin } from '../../../../src/media/capture/source-pin.ts';

const peer = { address: '10.0.0.1', port: 4_000 };
const sibling = { address: '10.0.0.1', port: 5_000 };
const stranger = { address: '10.0.0.2', port: 4_000 };

/** A pin that is looked at every 100 ms while these send a packet every 20 ms. Says which packets it took. */
function watched(signalled: Peer | null = peer) {
  const pin = new SourcePin(signalled, null, 0);
  let nowMs = 0;
  const hear = (ms: number, ...sources: readonly Peer[]) => {
    const taken = sources.map(() => 0);
    for (const untilMs = nowMs + ms; nowMs < untilMs; nowMs += 20) {
      if (nowMs % 100 === 0) pin.look(nowMs);
      for (const [index, { address, port }] of sources.entries()) if (pin.takes(address, port)) taken[index]! += 1;
    }
    return taken;
  };
  return { pin, hear, move: (to: Peer) => pin.move(to, nowMs), changes: () => pin.changes.splice(0) };
}

describe('where a stream comes from', () => {
  it('R-REC-4: only what comes from the signalled address and port is taken', () => {
    const { hear, changes } = watched();
    expect(hear(10_000, peer, sibling, stranger)).toEqual([500, 0, 0]);
    expect(changes()).toEqual([]);
  });

  it('R-REC-4: another port is taken for the peer after 2 s in which it sends and the signalled one does not', () => {
    const { hear, changes } = watched();
    hear(1_000, peer);
    expect(hear(1_900, sibling)).toEqual([0]);
    hear(400, sibling);
    expect(changes()).toEqual([{ change: 'promoted', source: sibling, sinceMs: expect.any(Number) }]);
    expect(hear(1_000, sibling)).toEqual([50]);
  });

  it('R-REC-4: what the promoted one had sent since the silence began is its own', () => {
    const { hear, changes } = watched();
    hear(1_000, peer);
    hear(3_000, sibling);
    const [change] = changes();
    expect(change).toMatchObject({ change: 'promoted' });
    if (change?.change === 'promoted') expect(change.sinceMs).toBeLessThanOrEqual(1_000);
  });

  it('R-REC-4: long silence alone promotes nobody: who turns up has to be heard for 2 s', () => {
    const { hear, changes } = watched();
    hear(60_000);
    hear(promotedAfterMs - 200, sibling);
    hear(5_000);
    hear(promotedAfterMs - 200, sibling);
    expect(changes()).toEqual([]);
  });

  it('R-REC-4: another address is never taken, however long the peer is silent', () => {
    const { hear, changes } = watched();
    expect(hear(60_000, stranger)).toEqual([0]);
    expect(changes()).toEqual([]);
  });

  it('R-REC-4: of several ports the one that spoke first and still speaks', () => {
    const { hear, changes } = watched();
    const third = { ...sibling, port: 6_000 };
    hear(500, sibling, third);
    hear(4_000, third);
    expect(changes()).toMatchObject([{ change: 'promoted', source: third }]);
  });

  it('R-REC-4: when the signalled one is heard again the promoted one is a stranger', () => {
    const { hear, changes } = watched();
    hear(3_000, sibling);
    changes();
    expect(hear(1_000, sibling, peer)).toEqual([1, 50]);
    expect(changes()).toEqual([{ change: 'returned', source: peer }]);
  });

  it('R-REC-4: a signalled move takes from both places for a while, then from the new one alone', () => {
    const { hear, move, changes } = watched();
    hear(1_000, peer);
    move(stranger);
    expect(hear(moveOverlapMs, peer, stranger)).toEqual([moveOverlapMs / 20, moveOverlapMs / 20]);
    hear(100, stranger);
    expect(hear(5_000, peer, stranger)).toEqual([0, 250]);
    move(peer);
    expect(hear(1_000, peer, stranger)).toEqual([50, 50]);
    expect(changes()).toEqual([]);
  });

  it('R-REC-4: without an address that can be compared the first that sends is the peer', () => {
    for (const signalled of [null, { address: 'media.example', port: 4_000 }]) {
      const { hear, changes } = watched(signalled);
      expect(hear(1_000, stranger, peer)).toEqual([50, 0]);
      expect(changes()).toEqual([{ change: 'first-heard', source: stranger }]);
    }
  });

  it('R-REC-4: IPv6 addresses are compared as the kernel writes them', () => {
    const { hear } = watched({ address: '2001:DB8:0:0::0001', port: 4_000 });
    expect(hear(1_000, { address: '2001:db8::1', port: 4_000 })).toEqual([50]);
  });

  it('R-REC-4: RTCP comes from the same port or the next', () => {
    const { pin } = watched();
    const from = ({ address, port }: Peer, add = 0) => pin.takesControl(address, port + add);
    expect([from(peer), from(peer, 1), from(peer, 2), from(sibling), from(stranger)]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  it('R-REC-4: a successor goes on with the source it is told of, and the signalled one still comes first', () => {
    const pin = new SourcePin(peer, sibling, 0);
    expect(pin.takes(sibling.address, sibling.port)).toBe(true);
    expect(pin.takes(peer.address, peer.port)).toBe(true);
    expect(pin.takes(sibling.address, sibling.port)).toBe(false);
  });

  it('R-REC-4: whatever is heard in whatever order, nothing of another address is ever taken without a signal', () => {
    const step = fc.record({ ms: fc.nat(4_000), sources: fc.subarray([peer, sibling, stranger]) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const { hear } = watched();
        for (const { ms, sources } of steps) {
          const taken = hear(ms, ...sources);
          for (const [index, source] of sources.entries()) if (source === stranger) expect(taken[index]).toBe(0);
        }
      }),
      { seed: 4, numRuns: process.env['TWINREEL_FULL'] ? 500 : 50 },
    );
  });
});
