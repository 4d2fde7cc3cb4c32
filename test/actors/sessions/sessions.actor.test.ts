import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseOffer } from '#src/sip';
import { call, dialogOf, inviteOf, recording, Stage, type Words } from './stage.ts';

async function over(stage: Stage, name: string): Promise<void> {
  for (const { callId } of call(name)) await stage.bye(callId);
  await stage.settle();
}

/** A recording whose dialogs have ended and that stands in the queue of those to be finished. */
async function beingFinished(stage: Stage, ...dialogs: Words[]): Promise<void> {
  stage.finisher.held = true;
  for (const words of dialogs) await stage.invite(words);
  for (const { callId } of dialogs) await stage.bye(callId);
  await stage.settle();
}

describe('the sessions of a recorder: admission', () => {
  it('R-SIP-1: two dialogs of one call become one recording of two parties', async () => {
    const stage = new Stage();
    await recording(stage, 'r');
    expect([...stage.signalling.answered.keys()]).toEqual([dialogOf('r-1'), dialogOf('r-2')]);
    expect(await stage.report()).toEqual({ sessions: 1, streams: 2, streamsMax: 1_350 });
    await over(stage, 'r');
    expect(stage.finishedParties).toEqual([['3556', '0412']]);
    expect(await stage.report()).toMatchObject({ sessions: 0, streams: 0 });
    expect([...stage.capture.gates.keys(), ...stage.facts.takes()]).toEqual([]);
  });

  it('R-SUP-1: nothing is opened, answered or closed before the facts it follows from are written', async () => {
    const stage = new Stage();
    const { facts, capture, signalling } = stage;
    let written = facts.hold();
    await stage.invite({ callId: 'a', id: 'r', dn: '3556' });
    expect([facts.takes().length, capture.opened.length]).toEqual([1, 0]);
    written();
    written = facts.hold();
    await stage.settle();
    expect([capture.opened.length, signalling.answered.size]).toEqual([1, 0]);
    written();
    await stage.settle();
    expect(signalling.answered.size).toBe(1);
    written = facts.hold();
    await stage.bye('a');
    expect(capture.gates.size).toBe(1);
    written();
    await stage.settle();
    expect(capture.gates.size).toBe(0);
  });

  it('R-SIP-1: without an id, dialogs with the same CallUUID and recordDN are one recording', async () => {
    const stage = new Stage();
    for (const [callId, dn] of [['a', '3556'] as const, ['b', '0412'] as const])
      await stage.invite({ callId, callUuid: 'U', recordDn: '3556', dn });
    expect(await stage.report()).toMatchObject({ sessions: 1, streams: 2 });
  });

  it('R-SIP-1: one dialog with two m-lines is a recording of two parties by itself', async () => {
    const stage = new Stage();
    await stage.invite({ callId: 'a', id: 'r', lines: 2, dn: '3556', otherDn: '0412' });
    await stage.bye('a');
    await stage.settle();
    expect(stage.finishedParties).toEqual([['3556', '0412']]);
  });

  it('R-SIP-3: without an accepted codec a dialog gets 488, and nobody hears of it', async () => {
    const stage = new Stage();
    await stage.invite({ callId: 'a', id: 'r', payloads: '18' });
    expect(stage.signalling.refused).toEqual([
      { name: dialogOf('a'), status: 488, reason: expect.stringContaining('accepted are PCMU, PCMA') },
    ]);
    expect(await stage.report()).toMatchObject({ sessions: 0, streams: 0 });
  });

  it('R-REC-2: above the limit of streams a dialog gets 503 with Retry-After, below it again it is taken', async () => {
    const stage = new Stage({ streamsMax: 4 });
    await recording(stage, 'r');
    await recording(stage, 's');
    await stage.invite({ callId: 'over' });
    const reason = '4 of at most 4 streams are held';
    expect(stage.signalling.refused).toEqual([{ name: dialogOf('over'), status: 503, reason, retryAfterSeconds: 7 }]);
    await stage.bye('r-1');
    await stage.invite({ callId: 'two', lines: 2 });
    expect(stage.refusedWith(503)).toEqual([dialogOf('over'), dialogOf('two')]);
    await stage.invite({ callId: 'one' });
    expect(await stage.report()).toMatchObject({ sessions: 3, streams: 4 });
    expect(stage.signalling.rooms).toEqual([4, 3, 2, 1, 0, 1, 0]);
  });

  it('R-SIP-3: when capture refuses, the caller gets 503 and the streams are free again', async () => {
    const stage = new Stage();
    stage.capture.fuse.load();
    await stage.invite({ callId: 'a', lines: 2 });
    expect(stage.refusedWith(503)).toEqual([dialogOf('a')]);
    expect(await stage.report()).toMatchObject({ streams: 0 });
    await stage.settle();
    expect([await stage.report(), stage.facts.takes()]).toMatchObject([{ sessions: 0 }, []]);
  });

  it('R-SIP-3: requests inside of a dialog nobody knows are refused with 481', async () => {
    const stage = new Stage();
    const { offer } = inviteOf({ callId: 'x' });
    await stage.tell({ type: 're-invited', dialog: dialogOf('x'), request: 'q', offer });
    expect(stage.refusedWith(481)).toEqual(['q']);
  });

  it('R-SIP-1: a re-INVITE reaches the session of its dialog', async () => {
    const stage = new Stage();
    await recording(stage, 'r');
    const offer = parseOffer('v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 7000 RTP/AVP 0\r\n');
    await stage.tell({ type: 're-invited', dialog: dialogOf('r-2'), request: 'q', offer });
    expect(stage.capture.moved).toMatchObject([{ port: 7_000 }]);
    expect(stage.signalling.answered.get('q')).toContain('m=audio 20002');
  });

  it('R-REC-2: streams held are counted exactly and everybody is answered, whatever comes in whatever order', async () => {
    const calls = ['p', 'q', 'r'];
    const dialogs = calls.flatMap(call);
    const step = fc.oneof(
      fc.record({ do: fc.constant('invite' as const), at: fc.nat(dialogs.length - 1) }),
      fc.record({ do: fc.constantFrom('bye' as const, 'cancel' as const, 'silence' as const), at: fc.nat(7) }),
      fc.record({ do: fc.constantFrom('stop' as const, 'pause' as const), at: fc.nat(calls.length - 1) }),
      fc.record({ do: fc.constantFrom('wait' as const, 'capture-refuses' as const), at: fc.constant(0) }),
      fc.record({ do: fc.constantFrom('crash-session' as const, 'crash-sessions' as const), at: fc.nat(5) }),
    );
    const property = fc.asyncProperty(fc.array(step, { maxLength: 25 }), fc.nat(), async (steps, seed) => {
      const stage = new Stage({ streamsMax: 4, seed });
      // Each dialog comes once: its name is used by no other.
      const invited = new Set<string>();
      let crashes = 0;
      for (const one of steps) {
        const words = dialogs[one.at % dialogs.length]!;
        const { callId } = words;
        if (one.do === 'invite' && !invited.has(callId)) await stage.invite(words);
        if (one.do === 'invite') invited.add(callId);
        if (one.do === 'bye') await stage.bye(callId);
        if (one.do === 'cancel') await stage.tell({ type: 'cancelled', dialog: dialogOf(callId) });
        const stream = [...stage.capture.gates.keys()][one.at];
        if (one.do === 'silence' && stream !== undefined) await stage.tell({ type: 'silent', stream });
        if (one.do === 'stop' || one.do === 'pause') await stage.command(one.do, calls[one.at]!);
        if (one.do === 'wait') await stage.settle();
        if (one.do === 'capture-refuses') stage.capture.fuse.load();
        // Within the restart budgets of the tree: beyond them sessions, or all of them, are given up.
        if (one.do.startsWith('crash')) crashes += 1;
        if (one.do === 'crash-session' && crashes <= 3)
          await stage.crashSession({ type: 'bye', dialog: dialogOf(callId), reason: 'bye' });
        if (one.do === 'crash-sessions' && crashes <= 3) await stage.crashSessions();
        const { streams } = await stage.report();
        expect(streams).toBeLessThanOrEqual(4);
        // What capture could not close at the first attempt is given back before it is closed.
        await stage.system.advance(1_000, 100);
        expect((await stage.report()).streams).toBe(stage.capture.gates.size);
      }
      for (const { callId } of dialogs) await stage.bye(callId);
      await stage.system.advance(10_000, 100);
      expect(await stage.report()).toMatchObject({ sessions: 0, streams: 0 });
      expect([...stage.capture.gates.keys(), ...stage.facts.takes(), ...stage.signalling.waiting]).toEqual([]);
      stage.system.stop();
    });
    await fc.assert(property, { seed: 3_556, numRuns: process.env['TWINREEL_FULL'] ? 1_000 : 60 });
  });
});

describe('the sessions of a recorder: late dialogs', () => {
  const [first, second] = call('r');

  it('R-SIP-1: a dialog that comes while its recording waits for one joins it', async () => {
    const stage = new Stage();
    await stage.invite(first);
    await stage.bye(first.callId);
    await stage.invite(second);
    await stage.bye(second.callId);
    await stage.settle();
    expect(stage.finishedParties).toEqual([['3556', '0412']]);
  });

  it('R-SIP-1: after the end a dialog begins a further take, and its twin joins that one', async () => {
    const stage = new Stage();
    await beingFinished(stage, first);
    await stage.invite({ ...first, callId: 'late-1' });
    await stage.invite({ ...second, callId: 'late-2' });
    expect(await stage.report()).toMatchObject({ sessions: 2, streams: 2 });
    stage.finisher.letGo();
    for (const callId of ['late-1', 'late-2']) await stage.bye(callId);
    await stage.settle();
    expect(stage.finishedParties).toEqual([['3556'], ['3556', '0412']]);
    expect(new Set(stage.finisher.finished.map((take) => take.recordingId))).toEqual(new Set(['r']));
  });

  it('R-SIP-1: two dialogs that cross the end of their recording become one take, not two', async () => {
    const stage = new Stage();
    await stage.invite(first);
    await stage.bye(first.callId);
    await stage.system.advance(499);
    // Both are on their way to the session when it learns that its time is over.
    const late = [
      { ...first, callId: 'late-1' },
      { ...second, callId: 'late-2' },
    ];
    stage.system.clock.after(1, () => {
      for (const words of late) stage.send({ type: 'invited', invite: inviteOf(words) });
    });
    await stage.system.advance(1);
    for (const { callId } of late) await stage.bye(callId);
    await stage.settle();
    const takes = stage.finishedParties.map((parties) => parties.length).sort();
    expect([[1, 2], [3]]).toContainEqual(takes);
    expect(await stage.report()).toMatchObject({ sessions: 0, streams: 0 });
  });

  it('R-SIP-1: the dialog that began a recording comes again before that is finished, and is asked to wait', async () => {
    const stage = new Stage();
    await beingFinished(stage, first);
    await stage.invite(first);
    expect(stage.signalling.refused).toMatchObject([{ name: dialogOf('r-1'), status: 503, retryAfterSeconds: 7 }]);
    expect(await stage.report()).toMatchObject({ sessions: 1, streams: 0 });
    stage.finisher.letGo();
    await stage.settle();
    await stage.invite(first);
    expect(stage.signalling.answered.has(dialogOf('r-1'))).toBe(true);
  });
});

describe('the sessions of a recorder: what capture says', () => {
  it('R-REC-2: a silent stream that no session knows is closed, so that its ports come back', async () => {
    const stage = new Stage();
    stage.capture.gates.set('orphan', 'running');
    await stage.tell({ type: 'silent', stream: 'orphan' });
    expect(stage.capture.gates.size).toBe(0);
  });

  it('R-REC-4: capture back with nothing ends what it held; back with a silent stream ends that one', async () => {
    const stage = new Stage();
    await recording(stage, 'r');
    await recording(stage, 's');
    const [first, ...others] = [...stage.capture.gates.keys()];
    const at = { segment: 's', block: 1, offset: 0 };
    const states = new Map(others.map((stream) => [stream, 'heard' as const]));
    await stage.tell({ type: 'held', at, streams: new Map([...states, [first!, 'silent' as const]]) });
    expect([...stage.capture.gates.keys()]).toEqual(others);
    await stage.tell({ type: 'held', at, streams: new Map() });
    expect(stage.capture.gates.size).toBe(0);
    await stage.settle();
    expect(stage.finisher.finished).toMatchObject([{ endReason: 'capture-lost' }, { endReason: 'capture-lost' }]);
  });
});

describe('the sessions of a recorder: crashes', () => {
  it('R-SUP-1: a session that crashes goes on where its facts end; nothing is opened twice, its neighbour hears nothing', async () => {
    const stage = new Stage();
    await recording(stage, 'r');
    await recording(stage, 's');
    await stage.crashSession({ type: 'bye', dialog: dialogOf('r-1'), reason: 'bye' });
    expect(stage.system.inspect().crashes).toBe(1);
    expect(await stage.report()).toMatchObject({ sessions: 2, streams: 4 });
    expect(stage.capture.opened).toHaveLength(4);
    await over(stage, 'r');
    expect(stage.finishedParties).toEqual([['3556', '0412']]);
  });

  it('R-SUP-1: a session that crashed before its dialog was answered answers it now', async () => {
    const stage = new Stage();
    stage.facts.fuseOnceWritten.load();
    await stage.invite(call('r')[0]);
    expect(stage.signalling.answered.size).toBe(0);
    await stage.system.advance(100, 10);
    expect([...stage.signalling.answered.keys()]).toEqual([dialogOf('r-1')]);
  });

  it('R-HA-1: a session that comes back without the answer its peer has got hangs up, and says that it is not known', async () => {
    const stage = new Stage();
    stage.facts.fuseOnceWritten.load();
    await stage.invite(call('r')[0]);
    stage.signalling.waiting.clear();
    await stage.settle();
    expect(stage.signalling.hungUp).toEqual([dialogOf('r-1')]);
    expect(stage.finisher.finished).toMatchObject([{ endReason: 'answer-unknown' }]);
  });

  it('R-SUP-1: a session that crashes over its first dialog has nothing to come back to; the caller is asked to try again', async () => {
    const stage = new Stage();
    await stage.crashSession({ type: 'invited', invite: inviteOf(call('r')[0]) });
    expect(stage.refusedWith(503)).toEqual([dialogOf('r-1')]);
    expect(await stage.report()).toMatchObject({ sessions: 0, streams: 0 });
    await stage.invite(call('r')[0]);
    expect([...stage.signalling.answered.keys()]).toEqual([dialogOf('r-1')]);
  });

  it('R-SUP-1: when all sessions crash together, they come back from their facts: pairing, counts, what was ending', async () => {
    const stage = new Stage();
    await recording(stage, 'r');
    await stage.invite(call('s')[0]);
    await stage.bye('r-1');
    await stage.crashSessions();
    expect(stage.system.inspect().crashes).toBe(1);
    expect(await stage.report()).toMatchObject({ sessions: 2, streams: 2 });
    await stage.invite(call('s')[1]);
    expect(await stage.report()).toMatchObject({ sessions: 2, streams: 3 });
    await over(stage, 'r');
    await over(stage, 's');
    expect(stage.finishedParties).toEqual([
      ['3556', '0412'],
      ['3556', '0412'],
    ]);
    expect(await stage.report()).toMatchObject({ sessions: 0, streams: 0 });
  });

  it('R-SUP-1: what was being finished when all crashed is finished, and joined by nobody', async () => {
    const stage = new Stage();
    await beingFinished(stage, call('r')[0]);
    await stage.crashSessions();
    await stage.invite(call('r')[1]);
    expect(await stage.report()).toMatchObject({ sessions: 2, streams: 1 });
    stage.finisher.letGo();
    await stage.bye('r-2');
    await stage.settle();
    expect(await stage.report()).toMatchObject({ sessions: 0, streams: 0 });
    expect(new Set(stage.finishedParties.map((parties) => parties.join()))).toEqual(new Set(['3556', '0412']));
  });

  it('R-SUP-1: a session that crashes again and again is given up; the others go on, and its streams are not counted', async () => {
    const stage = new Stage();
    await recording(stage, 'r');
    await recording(stage, 's');
    for (let crash = 0; crash < 6; crash += 1) {
      await stage.crashSession({ type: 'bye', dialog: dialogOf('r-1'), reason: 'bye' });
      await stage.system.advance(1_000, 100);
    }
    expect(await stage.report()).toMatchObject({ sessions: 1, streams: 2 });
    await over(stage, 's');
    expect(stage.finishedParties).toHaveLength(1);
  });
});
