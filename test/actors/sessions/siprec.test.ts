import { describe, expect, it } from 'vitest';
import { parseOffer } from '#src/sip';
import { parseMetadata } from '#src/sip/siprec';
import { rfc } from '../../src/sip/siprec/documents.ts';
import { dialogOf, inviteOf, Stage } from './stage.ts';

/** An offer with so many m-lines; the last `off` of them switched off. */
function offer(lines: number, off = 0) {
  const media = Array.from({ length: lines }, (_, line) => {
    const port = line < lines - off ? 6_000 + 2 * line : 0;
    return `m=audio ${port} RTP/AVP 0\r\na=label:${line + 1}\r\n`;
  });
  return parseOffer(`v=0\r\nc=IN IP4 127.0.0.1\r\n${media.join('')}`);
}

/** A recording session of two m-lines that is up. */
async function session(streamsMax = 8): Promise<Stage> {
  const stage = new Stage({ streamsMax });
  const invite = { ...inviteOf({ callId: 'rs', lines: 2 }), siprec: { snapshots: true } };
  await stage.tell({ type: 'invited', invite });
  return stage;
}

const reInvited = (stage: Stage, request: string, lines: number, off = 0) =>
  stage.tell({ type: 're-invited', dialog: dialogOf('rs'), request, offer: offer(lines, off) });

async function over(stage: Stage) {
  await stage.bye('rs');
  await stage.settle();
  return stage.finisher.finished;
}

describe('recording sessions of SIPREC clients', () => {
  it('R-REC-2: streams that come within a dialog are counted, and given back when they go', async () => {
    const stage = await session();
    await reInvited(stage, 'q1', 4);
    expect(await stage.report()).toMatchObject({ sessions: 1, streams: 4 });
    await reInvited(stage, 'q2', 4, 3);
    expect(await stage.report()).toMatchObject({ sessions: 1, streams: 1 });
    const [take] = await over(stage);
    expect(take!.streams.map(({ endReason }) => endReason)).toEqual(['bye', 'removed', 'removed', 'removed']);
    expect(await stage.report()).toMatchObject({ sessions: 0, streams: 0 });
  });

  it('R-REC-2: no more come than there is room for', async () => {
    const stage = await session(3);
    await reInvited(stage, 'q', 4);
    expect(await stage.report()).toMatchObject({ streams: 3 });
    expect(stage.signalling.answered.get('q')!.match(/m=audio 0 /g)).toHaveLength(1);
  });

  it('R-REC-2: nor when two ask at once: room that was lent to one is not lent to another before that one is decided', async () => {
    const stage = await session(6);
    await stage.invite({ callId: 'other' });
    const more = (callId: string, lines: number) =>
      stage.send({ type: 're-invited', dialog: dialogOf(callId), request: `q-${callId}`, offer: offer(lines) });
    more('rs', 3);
    more('other', 4);
    stage.send({ type: 'invited', invite: inviteOf({ callId: 'third' }) });
    await stage.system.advance(0);
    expect(await stage.report()).toMatchObject({ streams: 4 });
    expect(stage.capture.gates.size).toBe(4);
    expect(stage.signalling.answered.get('q-other')!.match(/m=audio 0 /g)).toHaveLength(3);
    expect(stage.refusedWith(503)).toEqual([dialogOf('third')]);
    // What was lent and not taken is there again.
    await stage.invite({ callId: 'fourth' });
    expect(await stage.report()).toMatchObject({ streams: 5 });
  });

  it('R-REC-2: room that was lent to a session that crashed over it comes back with its next offer, or its end', async () => {
    const stage = await session(4);
    await stage.crashSession({ type: 're-invited', dialog: dialogOf('rs'), request: 'q', offer: offer(4) });
    await stage.invite({ callId: 'a' });
    expect(stage.refusedWith(503)).toEqual([dialogOf('a')]);
    await reInvited(stage, 'q2', 2);
    await stage.invite({ callId: 'b' });
    expect(await stage.report()).toMatchObject({ streams: 3 });
    await stage.crashSession({ type: 're-invited', dialog: dialogOf('rs'), request: 'q3', offer: offer(4) });
    await over(stage);
    await stage.invite({ callId: 'c', lines: 2 });
    expect(await stage.report()).toMatchObject({ streams: 3 });
  });

  it('R-REC-2: one that came later and went silent is closed like any other', async () => {
    const stage = await session();
    await reInvited(stage, 'q', 3);
    const stream = [...stage.capture.gates.keys()].at(-1)!;
    await stage.tell({ type: 'silent', stream });
    expect(await stage.report()).toMatchObject({ streams: 2 });
  });

  it('R-SUP-1: a session that crashes comes back with the streams that came later', async () => {
    const stage = await session();
    await reInvited(stage, 'q', 3);
    await stage.crashSession({
      type: 'metadata-told',
      dialog: dialogOf('rs'),
      metadata: { type: 'unreadable', detail: 'x' },
    });
    expect(await stage.report()).toMatchObject({ sessions: 1, streams: 3 });
    expect((await over(stage))[0]!.streams).toHaveLength(3);
  });

  it('R-SUP-1: so do all sessions when their parent crashes', async () => {
    const stage = await session();
    await reInvited(stage, 'q', 3);
    await stage.crashSessions();
    expect(await stage.report()).toMatchObject({ sessions: 1, streams: 3 });
  });

  it('R-SIP-2: metadata reaches its session, and a client that owes some is asked', async () => {
    const stage = await session();
    await stage.system.advance(1_000, 100);
    expect(stage.signalling.askedForSnapshot).toEqual([dialogOf('rs')]);
    const metadata = { type: 'read', update: parseMetadata(rfc) } as const;
    await stage.tell({ type: 'metadata-told', dialog: dialogOf('rs'), metadata });
    await stage.tell({ type: 'metadata-told', dialog: dialogOf('nobody'), metadata });
    expect((await over(stage))[0]!.streams.map(({ party }) => party)).toEqual(['1001', '1002']);
  });

  it('R-SIP-3: a re-INVITE of a dialog that nobody knows gets 481', async () => {
    const stage = new Stage();
    await reInvited(stage, 'q', 2);
    expect(stage.refusedWith(481)).toEqual(['q']);
  });
});
