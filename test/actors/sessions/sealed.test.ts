import { describe, expect, it } from 'vitest';
import { parseOffer } from '#src/sip';
import { ownKey } from './ports-in-memory.ts';
import { dialogOf, inviteOf, Stage } from './stage.ts';

const [first, second] = [1, 2].map((fill) => Buffer.alloc(30, fill).toString('base64')) as [string, string];

function offerOf(crypto: string | undefined, { port = 6_000 } = {}) {
  const lines =
    crypto === undefined ? [`m=audio ${port} RTP/AVP 0`] : [`m=audio ${port} RTP/SAVP 0`, `a=crypto:${crypto}`];
  return parseOffer(['v=0', 'c=IN IP4 127.0.0.1', ...lines, ''].join('\r\n'));
}
const crypto = (key: string) => `1 AES_CM_128_HMAC_SHA1_80 inline:${key}`;

/** A call whose first offer has this key. */
async function called(offered: string | undefined) {
  const stage = new Stage();
  const invite = { ...inviteOf({ callId: 'c', id: 'r', dn: '7001' }), offer: offerOf(offered) };
  await stage.tell({ type: 'invited', invite });
  const reInvite = (next: string | undefined, request = 'again') =>
    stage.tell({ type: 're-invited', dialog: dialogOf('c'), request, offer: offerOf(next) });
  const [stream] = [...stage.capture.gates.keys()];
  return { stage, reInvite, stream: stream! };
}
const answered = `a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:${ownKey.toString('base64')}`;

describe('calls that are sealed', () => {
  it('R-REC-4: capture has the key of the offer, the answer one of our own', async () => {
    const { stage, stream } = await called(crypto(first));
    expect(stage.capture.keys.get(stream)).toBe(first);
    const answer = stage.signalling.answered.get(dialogOf('c'))!;
    expect(answer.split('\r\n')).toEqual(expect.arrayContaining(['m=audio 20000 RTP/SAVP 0', answered]));
    expect(answer).not.toContain(first);
  });

  it('R-REC-4: without a key that can be used it is refused with 488, and the reason tells no key', async () => {
    for (const line of [
      `1 AES_256_CM_HMAC_SHA1_80 inline:${first}`,
      `1 AES_CM_128_HMAC_SHA1_80 inline:${first} KDR=4`,
    ]) {
      const { stage } = await called(line);
      const [refused] = stage.signalling.refused;
      expect(refused).toMatchObject({ status: 488, reason: expect.stringContaining('AEAD_AES_128_GCM') });
      expect(refused!.reason).not.toContain(first);
    }
  });

  it('R-REC-4: an offer with another key is told to capture, and answered with the same key of ours', async () => {
    const { stage, stream, reInvite } = await called(crypto(first));
    await reInvite(crypto(first), 'same');
    await reInvite(crypto(second), 'other');
    expect(stage.capture.keys).toEqual(new Map([[stream, second]]));
    expect(stage.capture.opened).toEqual([stream]);
    for (const request of ['same', 'other']) expect(stage.signalling.answered.get(request)).toContain(answered);
  });

  it('R-REC-4: a key that capture could not be told is told when it can be', async () => {
    const { stage, stream, reInvite } = await called(crypto(first));
    stage.capture.fuse.load();
    await reInvite(crypto(second));
    expect(stage.capture.keys.get(stream)).toBe(first);
    await stage.settle();
    expect(stage.capture.keys.get(stream)).toBe(second);
  });

  it('R-REC-5: a session that crashed tells capture the key again that it knows', async () => {
    const { stage, stream, reInvite } = await called(crypto(first));
    await reInvite(crypto(second));
    stage.capture.keys.clear();
    await stage.crashSession({ type: 'bye', dialog: dialogOf('c'), reason: 'bye' });
    expect(stage.capture.keys.get(stream)).toBe(second);
  });

  it.each([
    ['sealed', undefined, crypto(first)],
    ['in clear', crypto(first), undefined],
  ])('R-REC-4: a stream that is to come %s from now on is another stream', async (_how, before, after) => {
    const { stage, stream, reInvite } = await called(before);
    await reInvite(after);
    expect(stage.capture.gates.has(stream)).toBe(false);
    expect(stage.capture.gates.size).toBe(1);
    const answer = stage.signalling.answered.get('again')!;
    expect(answer).toContain(after === undefined ? 'RTP/AVP' : 'RTP/SAVP');
    expect(answer.includes('a=crypto')).toBe(after !== undefined);
  });

  it('R-REC-4: the take says how it was sealed and what was refused, and no key', async () => {
    const { stage } = await called(crypto(first));
    await stage.bye('c');
    await stage.settle();
    const [take] = stage.finisher.finished;
    expect(take!.streams[0]!.srtp).toEqual({ suite: 'AES_CM_128_HMAC_SHA1_80', unauthenticated: 3, replayed: 2 });
    expect(JSON.stringify(take)).not.toContain(first);
  });
});
