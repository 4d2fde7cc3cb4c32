import { describe, expect, it, onTestFinished } from 'vitest';
import type { CoupleWord } from '#actors/call';
import { Feed, Notices } from '#cluster/notification';
import { systemClock } from '#src/ports';
import type { Couple, RecordingState } from '#src/recording';
import { until } from '../../harness/processes.ts';

const tokens: Readonly<Record<string, string>> = { 'token of the bank': 'Bank', 'token of the shop': 'Shop' };

function word(...said: Parameters<typeof couple>): CoupleWord {
  const made = couple(...said);
  return { tenant: made.tenant, sid: made.sid, isEnded: made.phase === 'ended', statusN: made.status!.n, couple: made };
}

function couple(tenant: string, n: number, audio: RecordingState, phase: Couple['phase'] = 'talking'): Couple {
  return {
    sid: `sid-${tenant}`,
    tenant,
    callUuid: 'c',
    connIds: [],
    recordingId: 'r1',
    dn: '3556',
    callType: 'inbound',
    phase,
    startedMs: 1,
    holds: [],
    request: { by: 'rule', phase: 'accepted', why: '' },
    status: { n, atMs: n, audio, video: 'not-recording' },
    standing: 'recording',
    problem: 'NO_PROBLEM',
    takes: [],
    externalData: {},
  };
}

async function setUp() {
  const feed: Feed = await Feed.listen({
    address: '127.0.0.1',
    port: 0,
    tenantOf: (token) => tokens[token],
    now: (tenant) => notices.now(tenant),
    secure: () => {},
    clock: systemClock,
  });
  onTestFinished(() => feed.close());
  const notices: Notices = new Notices([feed]);
  const url = `http://127.0.0.1:${feed.port}/feed`;
  /** What a reader is told, as it comes. */
  const read = async (token: string, lastId?: string) => {
    const headers = { authorization: `Bearer ${token}`, ...(lastId !== undefined && { 'last-event-id': lastId }) };
    const response = await fetch(url, { headers });
    const heard: { event: string | undefined; id: string; data: unknown }[] = [];
    const reading = (async () => {
      let text = '';
      for await (const chunk of response.body!) {
        text += Buffer.from(chunk).toString();
        const whole = text.split('\n\n');
        text = whole.pop()!;
        for (const one of whole) {
          const field = (name: string) =>
            one
              .split('\n')
              .find((line) => line.startsWith(`${name}: `))
              ?.slice(name.length + 2);
          if (field('data') !== undefined)
            heard.push({ event: field('event'), id: field('id')!, data: JSON.parse(field('data')!) });
        }
      }
    })().catch(() => {});
    return { response, heard, reading };
  };
  return { feed, notices, url, read };
}

describe('the live feed', () => {
  it('R-NOT-2: tells a reader of its tenant what is recorded now, and every change', async () => {
    const { notices, read } = await setUp();
    notices.tell(word('Bank', 1, 'not-recording'));
    notices.tell(word('Shop', 1, 'not-recording'));
    const { heard, response } = await read('token of the bank');
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    await until('the snapshot', () => heard.length === 1);
    notices.tell(word('Shop', 2, 'recording'));
    notices.tell(word('Bank', 2, 'recording'));
    notices.tell(word('Bank', 2, 'recording'));
    notices.tell(word('Bank', 3, 'no-longer-recording', 'ended'));
    await until('both changes', () => heard.length === 3);
    expect(heard).toMatchObject([
      { event: 'snapshot', data: [{ tenant: 'Bank', n: 1, audio: 'not-recording' }] },
      { event: 'status', data: { tenant: 'Bank', n: 2, audio: 'recording', id: 'r1/sid-Bank/2/recording' } },
      { event: 'status', data: { tenant: 'Bank', n: 3, audio: 'no-longer-recording' } },
    ]);
    expect(notices.now('Bank')).toEqual([]);
  });

  it('R-NOT-2: gives a reader that comes back what it missed', async () => {
    const { notices, read } = await setUp();
    const first = await read('token of the bank');
    notices.tell(word('Bank', 1, 'not-recording'));
    await until('one', () => first.heard.length === 2);
    notices.tell(word('Shop', 1, 'recording'));
    notices.tell(word('Bank', 2, 'recording'));
    await until('two', () => first.heard.length === 3);
    const again = await read('token of the bank', first.heard[1]!.id);
    await until('what it missed', () => again.heard.length === 1);
    expect(again.heard[0]).toEqual(first.heard[2]);
    const lost = await read('token of the bank', 'of-another-process');
    await until('the snapshot', () => lost.heard.length === 1);
    expect(lost.heard[0]).toMatchObject({ event: 'snapshot', data: [{ n: 2 }] });
  });

  it('R-NOT-2, R-OPS-2: tells nobody who shows no token, or a wrong one', async () => {
    const { url, feed } = await setUp();
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers: { authorization: 'Bearer guessed' } })).status).toBe(401);
    expect((await fetch(url.replace('/feed', '/'))).status).toBe(404);
    expect(feed.readers).toBe(0);
  });

  it('R-NOT-2: lets go of readers that are gone', async () => {
    const { feed, url } = await setUp();
    const leaving = new AbortController();
    await fetch(url, { headers: { authorization: 'Bearer token of the shop' }, signal: leaving.signal });
    expect(feed.readers).toBe(1);
    leaving.abort();
    await until('nobody', () => feed.readers === 0);
  });
});
