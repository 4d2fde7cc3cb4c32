import { describe, expect, it } from 'vitest';
import {
  apply,
  decide,
  type Invite,
  planChange,
  planStreams,
  recover,
  type SessionEffect,
  type SessionFact,
  type SessionMessage,
  type SessionState,
  takeOf,
} from '#actors/session';
import { parseMsrInvite, parseOffer } from '#src/sip';
import { parseMetadata, type ToldMetadata } from '#src/sip/siprec';
import { partial, rfc } from '../../src/sip/siprec/documents.ts';

const settings = {
  tenant: 'acme',
  node: 'n1',
  codecs: ['PCMU', 'PCMA'],
  lingerMs: 500,
  silenceMsMax: 120_000,
  retryAfterSeconds: 5,
};
const dialog = 'rs;from-tag=t';
const msr = parseMsrInvite('sip:srs@h', []);

interface Line {
  readonly label?: string;
  readonly port?: number;
  readonly direction?: string;
  readonly payload?: number;
}

function offer(...lines: readonly Line[]) {
  const media = lines.map(({ label, port, direction = 'sendonly', payload = 0 }, index) => {
    const labelled = label === undefined ? '' : `a=label:${label}\r\n`;
    return `m=audio ${port ?? 6_000 + 2 * index} RTP/AVP ${payload}\r\na=${direction}\r\n${labelled}`;
  });
  return parseOffer(`v=0\r\nc=IN IP4 127.0.0.1\r\n${media.join('')}`);
}

const two = [{ label: '1' }, { label: '2' }];
const read = (document: string): ToldMetadata => ({ type: 'read', update: parseMetadata(document) });
const unreadable: ToldMetadata = { type: 'unreadable', detail: 'no XML' };

/** A recording session told one message after the other. */
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
    this.nowMs += 1_000;
    return this;
  }

  get asked(): string[] {
    return this.effects.map((effect) => effect.type);
  }

  /** The SDP of the answer that was asked for last. */
  get sdp(): string {
    return this.effects.flatMap((one) => ('sdp' in one ? [one.sdp] : []))[0] ?? '';
  }

  up(siprec: Invite['siprec'] = { snapshots: false }, lines: readonly Line[] = two): this {
    const offered = offer(...lines);
    const invite: Invite = { dialog, callId: 'rs', fromTag: 't', msr, siprec: siprec!, offer: offered, source: 's' };
    const plan = planStreams(dialog, msr, offered, settings.codecs);
    if (plan.type === 'refused') throw new Error(plan.reason);
    return this.hear({ type: 'invited', invite, streams: plan.streams }).opened();
  }

  /** Capture opens what is wanted. */
  opened(): this {
    const wanted = [...this.state!.streams.values()].filter(({ phase }) => phase === 'wanted');
    const opened = wanted.map(({ wanted: { stream, line } }) => ({
      stream,
      address: '127.0.0.1',
      rtpPort: 20_000 + 2 * line,
      rtcpPort: 20_001 + 2 * line,
      from: { segment: 's', block: 0, offset: 0 },
    }));
    return this.hear({ type: 'streams-opened', dialog, opened });
  }

  reInvited(lines: readonly Line[], more: { metadata?: ToldMetadata; room?: number } = { room: 8 }): this {
    return this.hear({ type: 're-invited', dialog, request: 'q', offer: offer(...lines), ...more });
  }

  /** Everything ends, and capture has counted. */
  over(): this {
    this.hear({ type: 'bye', dialog, reason: 'bye' });
    for (const [stream, { phase }] of this.state!.streams) {
      if (phase !== 'ending') continue;
      const counters = { packets: 50, bytes: 8_600, lost: 0, duplicates: 0, paused: 0 };
      this.hear({ type: 'stream-closed', stream, counters, to: { segment: 's', block: 9, offset: 0 } });
    }
    return this.hear({ type: 'lingered' });
  }

  get phases(): string[] {
    return [...this.state!.streams.values()].map(
      ({ phase, endReason }) => `${phase}${endReason ? ` ${endReason}` : ''}`,
    );
  }
}

describe('m-lines of a recording session', () => {
  it('R-SIP-2: one that comes is opened before the answer says where to send', () => {
    const told = new Told().up().reInvited([...two, { label: '3' }]);
    expect(told.asked).toEqual(['hold-streams', 'open-streams']);
    expect(told.opened().asked).toEqual(['answer-re-invite']);
    expect(told.sdp).toMatch(/m=audio 20000 [\s\S]*m=audio 20002 [\s\S]*m=audio 20004 [\s\S]*a=label:3/);
  });

  it('R-SIP-2: one that capture cannot open is refused with port 0, the others go on', () => {
    const told = new Told().up().reInvited([...two, { label: '3' }]);
    told.hear({ type: 'streams-refused', dialog, detail: 'no free port' });
    expect(told.asked).toEqual(['release-streams', 'answer-re-invite']);
    expect(told.sdp).toMatch(/m=audio 20000 [\s\S]*m=audio 20002 [\s\S]*m=audio 0 /);
    expect(told.phases).toEqual(['open', 'open', 'ending refused']);
    expect(told.over().state!.phase).toBe('finishing');
  });

  it('R-SIP-3: without room nothing is added, and what runs goes on', () => {
    const told = new Told().up().reInvited([...two, { label: '3' }], { room: 0 });
    expect(told.asked).toEqual(['answer-re-invite']);
    expect(told.sdp).toContain('m=audio 0 ');
    expect(told.phases).toEqual(['open', 'open']);
  });

  it('R-SIP-2: one that is switched off is closed; in its place a new stream may come', () => {
    const told = new Told().up().reInvited([two[0]!, { port: 0 }]);
    expect(told.asked).toEqual(['close-streams', 'release-streams', 'answer-re-invite']);
    expect(told.phases).toEqual(['open', 'ending removed']);
    told.reInvited([two[0]!, { label: '9' }]).opened();
    expect(told.phases).toEqual(['open', 'ending removed', 'open']);
    expect(new Set(told.state!.streams.keys()).size).toBe(3);
  });

  it('R-SIP-2: all may be switched off: the session waits for its next call', () => {
    const told = new Told().up().reInvited([{ port: 0 }, { port: 0 }]);
    expect(told.asked).toEqual(['close-streams', 'release-streams', 'answer-re-invite']);
    expect(told.sdp.match(/m=audio 0 /g)).toHaveLength(2);
    expect(told.state!.phase).toBe('recording');
    expect(told.reInvited(two).opened().asked).toEqual(['answer-re-invite']);
  });

  it('R-SIP-2: a codec that comes with a later offer is taken, and those of before are remembered', () => {
    const told = new Told().up().reInvited([two[0]!, { label: '2', payload: 8 }]);
    expect(told.sdp).toMatch(/m=audio 20002 RTP\/AVP 8/);
    const [, second] = [...told.state!.streams.values()];
    expect(second!.wanted.formats.map(({ codec }) => codec)).toEqual(['PCMU', 'PCMA']);
  });

  it('R-SIP-3: while streams are opened for one offer, another is refused', () => {
    const told = new Told().up().reInvited([...two, { label: '3' }]);
    told.hear({ type: 're-invited', dialog, request: 'q2', offer: offer(...two) });
    expect(told.effects).toMatchObject([{ type: 'refuse-re-invite', request: 'q2', status: 500 }]);
    expect(told.opened().effects).toMatchObject([{ type: 'answer-re-invite', request: 'q' }]);
  });

  it('R-SIP-3: a re-INVITE without an offer is answered with what is, and changes nothing', () => {
    const told = new Told().up().hear({ type: 're-invited', dialog, request: 'q' });
    expect(told.asked).toEqual(['answer-re-invite']);
    expect(told.sdp).toMatch(/o=- \d+ 1 /);
  });

  it('R-SIP-2: hold and inactive are remembered with their times, and are not silence', () => {
    const told = new Told().up().reInvited([two[0]!, { label: '2', direction: 'inactive' }]);
    expect(told.sdp).toContain('a=inactive');
    const [, second] = [...told.state!.streams.keys()];
    expect(told.hear({ type: 'silent', stream: second! }).effects).toEqual([]);
    told.reInvited(two);
    expect(told.state!.streams.get(second!)!.holds).toEqual([{ fromMs: 3_000, toMs: 5_000 }]);
  });

  it('R-SUP-1: after a crash streams that a re-INVITE wants are opened again, and it is answered', () => {
    const told = new Told().up().reInvited([...two, { label: '3' }]);
    expect(recover(told.state!, 100_000, settings)).toMatchObject([
      { type: 'hold-streams', streams: [{ label: '3' }] },
      { type: 'open-streams', streams: [{ label: '3' }] },
    ]);
    expect(told.opened().asked).toEqual(['answer-re-invite']);
    expect(recover(told.state!, 100_000, settings)).toEqual([]);
  });

  it('R-SIP-2: an offer of which nothing can be recorded is refused as a whole', () => {
    const change = (after: readonly Line[], room: number) =>
      planChange(dialog, msr, { before: { media: [] }, after: offer(...after), version: 2 }, [], {
        codecs: settings.codecs,
        room,
      });
    expect(change([{ payload: 18 }], 8)).toMatchObject({ type: 'refused', status: 488 });
    expect(change(two, 1)).toMatchObject({ type: 'accepted', added: [{ label: '1' }] });
    expect(change(two, 0)).toMatchObject({ type: 'refused', status: 503 });
  });
});

describe('metadata of a recording session', () => {
  const asksFor = (told: Told) => told.asked.filter((one) => one === 'request-snapshot').length;

  it('R-SIP-2: what comes first holds from the beginning, whenever it comes', () => {
    const told = new Told()
      .up()
      .hear({ type: 'metadata-told', dialog, metadata: read(rfc) })
      .over();
    const take = takeOf(told.state!);
    expect(take.streams.map(({ party }) => party)).toEqual(['1001', '1002']);
    expect(take.streams[0]!.speakers).toMatchObject([{ number: '1001', fromMs: 1_000 }]);
    expect(take.told).toMatchObject({
      parties: [{ number: '1001', name: 'Alice Adams' }, { number: '1002' }],
      couples: [{ call: 's1', parties: ['1001', '1002'], fromMs: 1_000, toMs: take.endedMs }],
      unreadable: [],
    });
  });

  it('R-SIP-2: a client without labels is known by the place of its m-lines', () => {
    const told = new Told().up({ snapshots: false, metadata: read(rfc) }, [{}, {}]).over();
    expect(takeOf(told.state!).streams.map(({ party }) => party)).toEqual(['1001', '1002']);
  });

  it('R-SIP-2: with the INVITE, with a re-INVITE, and after it', () => {
    const told = new Told().up({ snapshots: false, metadata: read(rfc) });
    told.reInvited(two, {
      metadata: read(partial('<participant participant_id="p1"><nameID><name>Alicia</name></nameID></participant>')),
    });
    expect(told.state!.told!.history!.participants[0]).toMatchObject({ name: 'Alicia' });
    expect(told.asked).toEqual(['answer-re-invite']);
  });

  it('R-SIP-2: what cannot be read is told once, and costs nothing else', () => {
    const told = new Told().up({ snapshots: false, metadata: unreadable });
    expect(told.asked).toEqual(['answer']);
    told.hear({ type: 'metadata-told', dialog, metadata: unreadable }).over();
    expect(takeOf(told.state!).told).toMatchObject({ unreadable: ['no XML'], parties: [] });
  });

  it('R-SIP-2: after the end of its dialog it belongs to nothing', () => {
    const told = new Told().up().hear({ type: 'bye', dialog, reason: 'bye' });
    expect(told.hear({ type: 'metadata-told', dialog, metadata: read(rfc) }).effects).toEqual([]);
    expect(told.facts.at(-1)!.type).toBe('dialog-ended');
  });

  it('R-SIP-2: a snapshot is asked for when metadata makes no sense alone, of a client that can give it', () => {
    const strange = read(
      partial('<participantstreamassoc participant_id="p9"><send>m1</send></participantstreamassoc>'),
    );
    const unable = new Told().up().hear({ type: 'metadata-told', dialog, metadata: strange });
    expect(asksFor(unable)).toBe(0);
    const able = new Told().up({ snapshots: true, metadata: read(rfc) });
    expect(able.asked).toEqual(['answer']);
    expect(asksFor(able.hear({ type: 'metadata-told', dialog, metadata: strange }))).toBe(1);
    expect(asksFor(able.hear({ type: 'metadata-told', dialog, metadata: read(rfc) }))).toBe(0);
    expect(able.state!.told!.gap).toBe(false);
  });

  it('R-SIP-2: metadata that does not come with the INVITE has a moment to come by itself', () => {
    const told = new Told().up({ snapshots: true });
    expect(told.asked).toEqual(['answer', 'await-metadata']);
    expect(asksFor(told.hear({ type: 'metadata-due', dialog }))).toBe(1);
    const inTime = new Told().up({ snapshots: true }).hear({ type: 'metadata-told', dialog, metadata: read(rfc) });
    expect(asksFor(inTime.hear({ type: 'metadata-due', dialog }))).toBe(0);
  });

  it('R-SIP-3: a client whose metadata stays unreadable is asked three times, not for ever', () => {
    const told = new Told().up({ snapshots: true, metadata: read(rfc) });
    const asked = Array.from({ length: 6 }, () =>
      asksFor(told.hear({ type: 'metadata-told', dialog, metadata: unreadable })),
    );
    expect(asked).toEqual([1, 1, 1, 0, 0, 0]);
  });

  it('R-SUP-1: the facts alone, written and read again, give the state back', () => {
    const told = new Told().up({ snapshots: true, metadata: read(rfc) }).reInvited([...two, { label: '3' }]);
    told.opened().hear({ type: 'metadata-told', dialog, metadata: unreadable });
    told.reInvited([two[0]!, { label: '2', direction: 'inactive' }, { port: 0 }]).over();
    const facts = JSON.parse(JSON.stringify(told.facts)) as SessionFact[];
    expect(facts.reduce<SessionState | undefined>(apply, undefined)).toEqual(told.state);
  });
});
