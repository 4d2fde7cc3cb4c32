import { describe, expect, it } from 'vitest';
import {
  apply,
  decide,
  type Invite,
  planStreams,
  recover,
  type SessionEffect,
  type SessionFact,
  type SessionMessage,
  type SessionState,
} from '#actors/session';
import { parseMsrInvite, parseOffer } from '#src/sip';

const settings = {
  tenant: 'acme',
  node: 'n1',
  codecs: ['PCMU', 'PCMA'],
  lingerMs: 500,
  silenceMsMax: 120_000,
  retryAfterSeconds: 5,
};

/** When nobody waits any more for what was answered. */
const later = 100_000;

function sdp(port: number, direction = 'sendonly', lines = 1): string {
  const media = Array.from(
    { length: lines },
    (_, line) => `m=audio ${port + 2 * line} RTP/AVP 0\r\na=${direction}\r\n`,
  );
  return `v=0\r\nc=IN IP4 127.0.0.1\r\n${media.join('')}`;
}

function invite(dn: string, port: number, lines = 1): Invite {
  const other = lines > 1 ? ';otherDN=0412' : '';
  const msr = parseMsrInvite(`sip:record=r1@h;calluuid=U;dn=${dn}${other};recordDN=3556`, []);
  return {
    dialog: `call-${dn};from-tag=t`,
    callId: `call-${dn}`,
    fromTag: 't',
    msr,
    offer: parseOffer(sdp(port, 'sendonly', lines)),
    source: 'udp/127.0.0.1:5070',
  };
}

function invited(one: Invite): SessionMessage {
  const plan = planStreams(one.dialog, one.msr, one.offer, settings.codecs);
  if (plan.type === 'refused') throw new Error(plan.reason);
  return { type: 'invited', invite: one, streams: plan.streams };
}

/** A session told one message after the other; keeps what it wrote and what it asked for last. */
class Told {
  state: SessionState | undefined;
  facts: SessionFact[] = [];
  effects: readonly SessionEffect[] = [];
  nowMs = 1_000;

  hear(message: SessionMessage): this {
    const decision = decide(this.state, message, this.nowMs, settings);
    this.state = decision.state;
    this.facts.push(...decision.facts);
    this.effects = decision.effects;
    return this;
  }

  get asked(): string[] {
    return this.effects.map((effect) => effect.type);
  }

  stream(dn: string): string {
    return [...this.state!.streams].find(([, one]) => one.wanted.party === dn)![0];
  }

  /** One dialog, answered. */
  up(one: Invite): this {
    this.hear(invited(one));
    const opened = [...this.state!.streams.values()]
      .filter((stream) => stream.dialog === one.dialog)
      .map(({ wanted }, index) => ({
        stream: wanted.stream,
        address: '127.0.0.1',
        rtpPort: 20_000 + 2 * index,
        rtcpPort: 20_001 + 2 * index,
        from: { segment: 's', block: 0, offset: 0 },
      }));
    return this.hear({ type: 'streams-opened', dialog: one.dialog, opened });
  }

  closed(dn: string): this {
    const counters = { packets: 100, bytes: 17_200, lost: 0, duplicates: 0, paused: 0 };
    return this.hear({
      type: 'stream-closed',
      stream: this.stream(dn),
      counters,
      to: { segment: 's', block: 9, offset: 0 },
    });
  }
}

describe('a recording session', () => {
  it('R-SIP-1: opens the stream of a dialog, then answers with where it listens', () => {
    const told = new Told().hear(invited(invite('3556', 6000)));
    expect(told.asked).toEqual(['open-streams']);
    told.up(invite('0412', 6010));
    expect(told.asked).toEqual(['answer']);
    expect(told.effects[0]).toMatchObject({ sdp: expect.stringContaining('m=audio 20000 RTP/AVP 0') });
  });

  it('R-SIP-1: two dialogs of one recording are one session; it ends when both have ended and nobody follows', () => {
    const told = new Told().up(invite('3556', 6000)).up(invite('0412', 6010));
    told.hear({ type: 'bye', dialog: 'call-3556;from-tag=t', reason: 'bye' });
    expect(told.asked).toEqual(['close-streams', 'release-streams']);
    expect(told.state!.phase).toBe('recording');
    told.hear({ type: 'bye', dialog: 'call-0412;from-tag=t', reason: 'bye' });
    expect(told.asked).toEqual(['close-streams', 'release-streams', 'linger']);
    told.closed('3556').closed('0412').hear({ type: 'lingered' });
    expect(told.asked).toEqual(['tell-over', 'finish']);
    expect(told.state).toMatchObject({ phase: 'finishing', endReason: 'bye' });
  });

  it('R-SIP-1: the single-dialog form carries two parties', () => {
    const told = new Told().up(invite('3556', 6000, 2));
    expect([...told.state!.streams.values()].map((one) => one.wanted.party)).toEqual(['3556', '0412']);
    expect(told.effects[0]).toMatchObject({ sdp: expect.stringMatching(/m=audio 20000[\s\S]*m=audio 20002/) });
  });

  it('R-SIP-1: a dialog that comes while the session lingers joins it', () => {
    const told = new Told()
      .up(invite('3556', 6000))
      .hear({ type: 'bye', dialog: 'call-3556;from-tag=t', reason: 'bye' });
    expect(told.state!.phase).toBe('lingering');
    told.up(invite('0412', 6010)).hear({ type: 'lingered' });
    expect(told.state!.phase).toBe('recording');
  });

  it('R-SIP-1: a dialog that comes after the end is passed on, not swallowed', () => {
    const told = new Told()
      .up(invite('3556', 6000))
      .hear({ type: 'bye', dialog: 'call-3556;from-tag=t', reason: 'bye' });
    told.hear({ type: 'lingered' });
    expect(told.state!.phase).toBe('closing');
    told.hear(invited(invite('0412', 6010)));
    expect(told.asked).toEqual(['pass-on']);
  });

  it('R-SIP-3: CANCEL while capture opens leaves nothing behind', () => {
    const told = new Told().hear(invited(invite('3556', 6000)));
    told.hear({ type: 'cancelled', dialog: 'call-3556;from-tag=t' });
    expect(told.asked).toEqual(['release-streams', 'linger']);
    const stream = told.stream('3556');
    const opened = [
      { stream, address: '127.0.0.1', rtpPort: 1, rtcpPort: 2, from: { segment: 's', block: 0, offset: 0 } },
    ];
    told.hear({ type: 'streams-opened', dialog: 'call-3556;from-tag=t', opened });
    expect(told.asked).toEqual(['close-streams']);
    expect(told.closed('3556').hear({ type: 'lingered' }).asked).toEqual(['tell-over', 'forget']);
  });

  it('R-SIP-3: a dialog that was cancelled does not take along the one that was answered', () => {
    const told = new Told().up(invite('3556', 6000)).hear(invited(invite('0412', 6010)));
    told.hear({ type: 'cancelled', dialog: 'call-0412;from-tag=t' });
    told.hear({ type: 'streams-refused', dialog: 'call-0412;from-tag=t', detail: 'no free port' });
    told.hear({ type: 'bye', dialog: 'call-3556;from-tag=t', reason: 'bye' }).closed('3556');
    expect(told.hear({ type: 'lingered' }).asked).toEqual(['tell-over', 'finish']);
  });

  it('R-SIP-3: a session does not end while capture may still open a stream of it', () => {
    const dialog = 'call-3556;from-tag=t';
    const cancelled = () => new Told().hear(invited(invite('3556', 6000))).hear({ type: 'cancelled', dialog });
    expect(cancelled().hear({ type: 'lingered' }).asked).toEqual(['tell-over']);
    const late = cancelled().hear({ type: 'lingered' });
    expect(recover(late.state!, later, settings).map((one) => one.type)).toEqual(['tell-over', 'close-streams']);
    const from = { segment: 's', block: 0, offset: 0 };
    const opened = [{ stream: late.stream('3556'), address: '127.0.0.1', rtpPort: 1, rtcpPort: 2, from }];
    expect(late.hear({ type: 'streams-opened', dialog, opened }).asked).toEqual(['close-streams']);
    expect(late.closed('3556').asked).toEqual(['forget']);
    const never = cancelled().hear({ type: 'lingered' });
    expect(never.hear({ type: 'streams-refused', dialog, detail: 'no free port' }).asked).toEqual(['forget']);
  });

  it('R-SIP-3: when capture refuses, the caller gets 503 with Retry-After and the session leaves no trace', () => {
    const told = new Told().hear(invited(invite('3556', 6000)));
    told.hear({ type: 'streams-refused', dialog: 'call-3556;from-tag=t', detail: 'no free port' });
    expect(told.effects[0]).toMatchObject({ type: 'refuse', status: 503, retryAfterSeconds: 5 });
    expect(told.hear({ type: 'lingered' }).asked).toEqual(['tell-over', 'forget']);
  });

  it('R-SIP-1: a re-INVITE moves the media address and is answered with the same port and a higher version', () => {
    const told = new Told().up(invite('3556', 6000));
    const dialog = 'call-3556;from-tag=t';
    told.hear({ type: 're-invited', dialog, request: 'q', offer: parseOffer(sdp(7000)) });
    expect(told.asked).toEqual(['move-stream', 'answer-re-invite']);
    expect(told.effects[0]).toMatchObject({ peer: { address: '127.0.0.1', port: 7000 } });
    expect(told.effects[1]).toMatchObject({ sdp: expect.stringMatching(/o=- \d+ 2 [\s\S]*m=audio 20000/) });
    told.hear({ type: 're-invited', dialog, request: 'q', offer: parseOffer(sdp(7000, 'inactive')) });
    expect(told.asked).toEqual(['answer-re-invite']);
    told.hear({ type: 're-invited', dialog, request: 'q', offer: parseOffer(sdp(6000)) });
    expect(told.effects[0]).toMatchObject({ type: 'move-stream', peer: { port: 6000 } });
  });

  it('R-SIP-1: a re-INVITE without an accepted codec gets 488 and changes nothing', () => {
    const told = new Told().up(invite('3556', 6000));
    const offer = parseOffer('v=0\r\nc=IN IP4 1.1.1.1\r\nm=audio 6000 RTP/AVP 18\r\n');
    told.hear({ type: 're-invited', dialog: 'call-3556;from-tag=t', request: 'q', offer });
    expect(told.effects).toMatchObject([{ type: 'refuse-re-invite', status: 488 }]);
    expect(told.state!.dialogs.get('call-3556;from-tag=t')!.version).toBe(1);
  });

  it('R-REC-2: a silent stream is closed; when all of a dialog are silent it is hung up', () => {
    const told = new Told().up(invite('3556', 6000, 2));
    told.hear({ type: 'silent', stream: told.stream('3556') });
    expect(told.asked).toEqual(['close-streams', 'release-streams']);
    told.hear({ type: 'silent', stream: told.stream('0412') });
    expect(told.asked).toEqual(['close-streams', 'release-streams', 'hang-up', 'linger']);
    told.closed('3556').closed('0412').hear({ type: 'lingered' });
    expect(told.state!.endReason).toBe('silence');
  });

  it('R-REC-4: a stream that capture does not hold any more ends, one opened since capture said so does not', () => {
    const told = new Told().up(invite('3556', 6000, 2));
    const at = (block: number) => ({ segment: 's', block, offset: 0 });
    told.hear({ type: 'stream-gone', stream: told.stream('3556'), at: at(0) });
    expect(told.asked).toEqual([]);
    told.hear({ type: 'stream-gone', stream: told.stream('3556'), at: at(1) });
    expect(told.asked).toEqual(['close-streams', 'release-streams']);
    told.hear({ type: 'stream-gone', stream: told.stream('0412'), at: at(1) });
    expect(told.asked).toEqual(['close-streams', 'release-streams', 'hang-up', 'linger']);
    told.closed('3556').closed('0412').hear({ type: 'lingered' });
    expect(told.state!.endReason).toBe('capture-lost');
  });

  it('R-REC-2: hold is not silence', () => {
    const told = new Told().up(invite('3556', 6000));
    const dialog = 'call-3556;from-tag=t';
    told.hear({ type: 're-invited', dialog, request: 'q', offer: parseOffer(sdp(6000, 'inactive')) });
    told.hear({ type: 'silent', stream: told.stream('3556') });
    expect(told.effects).toEqual([]);
  });

  it('R-REC-2: after a hold silence counts from its end, whenever capture began to count', () => {
    const told = new Told().up(invite('3556', 6000));
    const dialog = 'call-3556;from-tag=t';
    const stream = told.stream('3556');
    told.hear({ type: 're-invited', dialog, request: 'q', offer: parseOffer(sdp(6000, 'inactive')) });
    told.nowMs += 200_000;
    told.hear({ type: 'silent', stream });
    told.hear({ type: 're-invited', dialog, request: 'q2', offer: parseOffer(sdp(6000)) });
    expect(told.effects).toMatchObject([{ type: 'expect-streams', streams: [stream] }, { type: 'answer-re-invite' }]);
    // A crash may have kept capture from hearing of it.
    expect(recover(told.state!, later, settings)).toEqual([{ type: 'expect-streams', streams: [stream] }]);
    told.nowMs += settings.silenceMsMax - 1;
    told.hear({ type: 'silent', stream });
    expect(told.effects).toEqual([{ type: 'expect-streams', streams: [stream] }]);
    told.nowMs += 1;
    told.hear({ type: 'silent', stream });
    expect(told.asked).toEqual(['close-streams', 'release-streams', 'hang-up', 'linger']);
  });

  it('R-REC-6: pause gates every stream, also those that come later, and its interval is the time capture says', () => {
    const told = new Told().up(invite('3556', 6000)).hear({ type: 'pause', by: 'agent' });
    expect(told.asked).toEqual(['gate-streams']);
    told.hear({ type: 'gated', paused: true, atMs: 1_234 });
    told.hear(invited(invite('0412', 6010)));
    expect(told.effects[0]).toMatchObject({ type: 'open-streams', paused: true });
    told.hear({ type: 'resume', by: 'agent' }).hear({ type: 'gated', paused: false, atMs: 5_678 });
    expect(told.state!.pauses).toEqual([{ fromMs: 1_234, toMs: 5_678, by: 'agent' }]);
  });

  it.each([
    [true, 'cancel', [], 'forget'],
    [undefined, 'answer-unknown', ['hang-up'], 'finish'],
  ] as const)(
    'R-HA-1: an answer that failed, unsent for certain %s: ends its dialog as %s',
    (unsent, reason, asked, end) => {
      const failed = { type: 'answer-failed', dialog: 'call-3556;from-tag=t', detail: 'gone' } as const;
      const told = new Told().up(invite('3556', 6000)).hear({ ...failed, ...(unsent && { unsent }) });
      expect(told.asked).toEqual([...asked, 'close-streams', 'release-streams', 'linger']);
      expect(told.state!.dialogs.get(failed.dialog)).toMatchObject({ phase: 'ended', endReason: reason });
      expect(told.closed('3556').hear({ type: 'lingered' }).asked).toEqual(['tell-over', end]);
    },
  );

  it('R-SIP-3: a CANCEL that crosses the answer leaves nothing behind', () => {
    const dialog = 'call-3556;from-tag=t';
    const told = new Told().up(invite('3556', 6000)).hear({ type: 'cancelled', dialog });
    expect(told.asked).toEqual(['close-streams', 'release-streams', 'linger']);
    // The answer fails, too.
    expect(told.hear({ type: 'answer-failed', dialog, detail: 'gone', unsent: true }).asked).toEqual([]);
    expect(told.closed('3556').hear({ type: 'lingered' }).asked).toEqual(['tell-over', 'forget']);
    expect(told.facts.reduce<SessionState | undefined>(apply, undefined)).toEqual(told.state);
  });

  it('R-HA-1: a BYE is answered when its dialog has ended, also when that was before', () => {
    const bye = { type: 'bye', dialog: 'call-3556;from-tag=t', reason: 'bye', request: 'q' } as const;
    const told = new Told().up(invite('3556', 6000)).hear(bye);
    expect(told.effects.at(-1)).toEqual({ type: 'answer-bye', request: 'q' });
    expect(told.hear({ ...bye, request: 'q2' }).effects).toEqual([{ type: 'answer-bye', request: 'q2' }]);
  });

  it('R-HA-1: whoever takes over finds out whether what was answered just before the crash went out', () => {
    const dialog = 'call-3556;from-tag=t';
    const told = new Told().up(invite('3556', 6000));
    expect(recover(told.state!, told.nowMs + 31_999, settings)).toEqual([{ type: 'confirm-answer', dialog }]);
    expect(recover(told.state!, told.nowMs + 32_000, settings)).toEqual([]);
    // It came again before it was clear that it had not been answered.
    told.hear(invited(invite('3556', 6000))).hear({ type: 'answer-failed', dialog, detail: 'unknown' });
    expect(told.state!.dialogs.get(dialog)).toMatchObject({ phase: 'opening' });
  });

  it('R-REC-6: a resume of what runs does nothing; who pauses again waits for the gates, and nothing more is written', () => {
    const told = new Told().up(invite('3556', 6000)).hear({ type: 'resume', by: 'x' });
    expect(told.effects).toEqual([]);
    const { length } = told.hear({ type: 'pause', by: 'x' }).facts;
    expect(told.hear({ type: 'pause', by: 'y' }).asked).toEqual(['gate-streams']);
    expect(told.facts).toHaveLength(length);
  });

  it('R-REC-6: what is taken back by name ends only when no other order wants the pause', () => {
    const told = new Told().up(invite('3556', 6000)).hear({ type: 'pause', by: 'a', orders: ['one'] });
    told.hear({ type: 'gated', paused: true, atMs: 5 }).hear({ type: 'pause', by: 'b', orders: ['two'] });
    expect(told.state!.pauses).toEqual([{ fromMs: 5, by: 'a', orders: ['one', 'two'] }]);
    expect(told.hear({ type: 'resume', by: 'a', orders: ['one'] }).effects).toEqual([]);
    told.hear({ type: 'resume', by: 'a', orders: ['one', 'two'] });
    expect(told.effects).toMatchObject([{ type: 'gate-streams', paused: false }]);
    // Ordered while the one before is being ended: that one did not follow from it.
    told.hear({ type: 'pause', by: 'a', orders: ['three'] }).hear({ type: 'gated', paused: false, atMs: 6 });
    told.hear({ type: 'gated', paused: true, atMs: 7 });
    expect(told.state!.pauses.map(({ orders }) => orders)).toEqual([['one', 'two'], ['three']]);
  });

  it('R-REC-6: stop hangs up every dialog and the reason is the operator', () => {
    const told = new Told().up(invite('3556', 6000)).up(invite('0412', 6010));
    told.hear({ type: 'stop', reason: 'operator', by: 'cli' });
    expect(told.asked.filter((type) => type === 'hang-up')).toHaveLength(2);
    expect(told.closed('3556').closed('0412').hear({ type: 'lingered' }).state!.endReason).toBe('operator');
  });

  it('R-REC-5: what is copied out while it runs is remembered in order; not twice, and not once it is being finished', () => {
    const told = new Told().up(invite('3556', 6000));
    const to = (segment: string) => ({ segment, block: 0, offset: 0 });
    told.hear({ type: 'copied', part: 'p1', to: to('s2'), cuts: ['torn'] });
    told.hear({ type: 'copied', to: to('s3'), cuts: [] });
    told.hear({ type: 'copied', part: 'again', to: to('s3'), cuts: [] });
    told.hear({ type: 'copied', part: 'p2', to: to('s4'), cuts: [] });
    const copied = { parts: ['p1', 'p2'], to: to('s4'), cuts: ['torn'] };
    expect(told.state!.copied).toEqual(copied);
    told.hear({ type: 'bye', dialog: 'call-3556;from-tag=t', reason: 'bye' }).closed('3556').hear({ type: 'lingered' });
    expect(told.asked).toEqual(['tell-over', 'finish']);
    told.hear({ type: 'copied', part: 'late', to: to('s5'), cuts: [] });
    expect(told.state!.copied).toEqual(copied);
  });

  it('R-SUP-1: the facts alone give the state back, at every point of a call', () => {
    const told = new Told().up(invite('3556', 6000)).up(invite('0412', 6010)).hear({ type: 'pause', by: 'a' });
    told
      .hear({ type: 'gated', paused: true, atMs: 5 })
      .hear({ type: 'bye', dialog: 'call-3556;from-tag=t', reason: 'bye' });
    told.closed('3556').hear({ type: 'stop', reason: 'operator', by: 'b' }).hear({ type: 'lingered' }).closed('0412');
    expect(told.state!.phase).toBe('finishing');
    expect(told.facts.reduce<SessionState | undefined>(apply, undefined)).toEqual(told.state);
  });

  it('R-SUP-1: after a crash it does again what the facts do not show as done', () => {
    const opening = new Told().hear(invited(invite('3556', 6000)));
    expect(recover(opening.state!, later, settings).map((one) => one.type)).toEqual(['open-streams']);
    const asked = new Told().up(invite('3556', 6000)).hear({ type: 'pause', by: 'a' });
    expect(recover(asked.state!, later, settings).map((one) => one.type)).toEqual(['gate-streams']);
    asked.hear({ type: 'gated', paused: true, atMs: 5 });
    expect(recover(asked.state!, later, settings)).toEqual([]);
    asked.hear({ type: 'bye', dialog: 'call-3556;from-tag=t', reason: 'bye' });
    expect(recover(asked.state!, later, settings).map((one) => one.type)).toEqual(['linger', 'close-streams']);
    asked.hear({ type: 'lingered' });
    expect(recover(asked.state!, later, settings).map((one) => one.type)).toEqual(['tell-over', 'close-streams']);
    asked.closed('3556');
    expect(recover(asked.state!, later, settings).map((one) => one.type)).toEqual(['tell-over', 'finish']);
    asked.hear({ type: 'finished', folder: 'f', packets: { s: 7 } });
    expect(asked.state).toMatchObject({ phase: 'finished', folder: 'f', packets: { s: 7 } });
    expect(recover(asked.state!, later, settings).map((one) => one.type)).toEqual(['forget']);
  });
});
