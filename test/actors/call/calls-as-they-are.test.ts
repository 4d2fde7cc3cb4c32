import { describe, expect, it } from 'vitest';
import {
  apply,
  type CallFact,
  type CallMessage,
  type CallState,
  decide,
  dnsOf,
  type PartyEvent,
  type PartyHappening,
} from '#actors/call';
import { parseConfig } from '#src/config';
import { coupleId } from '#src/ids';
import { metadataSchema } from '#src/metadata';
import { type Couple, coupleSchema, type SessionNews } from '#src/recording';
import { RuleBook, rulesOfDns } from '#src/rules';
import { acting } from './acting.ts';

// What comes of a call, whatever is told of it first, one table for each kind of call. 3556 and 3557 are agents who are recorded,
// 4000 is watched and not recorded, 0412 is outside. A row is `what DN other`, with `ON` when GSIP_RECORD is attached, or `media TAKE phase recordDN`, and the DN of the
// other dialog where that matters; or what the telephony server answers to a request: `accepted DN`, `refused DN`.

const name = { tenant: 'acme', switch: 'sw', callUuid: '00RV9H7S6O8V3BSHAG7GK2LAES00002M' };
const { notification } = parseConfig('', 'defaults').core.tenantDefaults;
const settings = {
  ...{ mediaMsMax: 10_000, lingerMs: 5_000, enquireMs: 10_000, afterCallWorkMsMax: 60_000, keepMs: 60_000 },
  ...acting,
  packetsMin: 40,
  metadata: metadataSchema.parse({}),
  asking: {},
  notification: { ...notification, audio: false, video: false },
  rules: new RuleBook(rulesOfDns(['3556', '3557'])),
};

const watched = ['3556', '3557', '4000'];

interface Table {
  readonly name: string;
  readonly rows: readonly string[];
  /** DNs that are asked for, in order. */
  readonly starts: readonly string[];
  /** `DN other phase problem takes` of each couple. */
  readonly couples: readonly string[];
}

const ended = (dn: string, other: string, takes = 1) => `${dn} ${other} ended NO_PROBLEM ${takes}`;

const tables: readonly Table[] = [
  {
    name: 'events before media',
    rows: [
      'ringing 3556 0412',
      'established 3556 0412',
      'media t1 recording 3556',
      'released 3556 0412',
      'media t1 finished 3556',
    ],
    starts: ['3556'],
    couples: [ended('3556', '0412')],
  },
  {
    name: 'media before events',
    rows: [
      'media t1 recording 3556',
      'ringing 3556 0412',
      'established 3556 0412',
      'media t1 finished 3556',
      'released 3556 0412',
    ],
    starts: [],
    couples: [ended('3556', '0412')],
  },
  {
    name: 'all media before any event',
    rows: [
      'media t1 recording 3556',
      'media t1 finished 3556',
      'ringing 3556 0412',
      'established 3556 0412',
      'released 3556 0412',
    ],
    starts: [],
    couples: [ended('3556', '0412')],
  },
  {
    name: 'all media after the last event',
    rows: ['established 3556 0412', 'released 3556 0412', 'media t1 recording 3556', 'media t1 finished 3556'],
    starts: ['3556'],
    couples: [ended('3556', '0412')],
  },
  {
    name: 'of which only the end is told, and media',
    rows: ['media t1 recording 3556', 'released 3556 0412', 'media t1 finished 3556'],
    starts: [],
    couples: [ended('3556', '0412')],
  },
  {
    name: 'recorded on the side of who left: who stays is asked for again, the event first',
    rows: [
      'established 3556 4000',
      'refused 3556',
      'media t1 recording 4000',
      'party-changed 3556 0412',
      'media t1 finished 4000',
      'data-changed 3556 0412',
      'media t2 recording 3556',
      'released 3556 0412',
      'media t2 finished 3556',
    ],
    starts: ['3556', '3556'],
    couples: [ended('3556', '0412', 2)],
  },
  {
    name: 'recorded on the side of who left: who stays is asked for again, the end of the media first',
    rows: [
      'established 3556 4000',
      'refused 3556',
      'media t1 recording 4000',
      'media t1 finished 4000',
      'party-changed 3556 0412',
      'media t2 recording 3556',
      'released 3556 0412',
      'media t2 finished 3556',
    ],
    starts: ['3556', '3556'],
    couples: [ended('3556', '0412', 2)],
  },
  {
    name: 'recorded on the side of who left, and the new recording comes before anything is asked',
    rows: [
      'established 3556 4000',
      'refused 3556',
      'media t1 recording 4000',
      'media t1 finished 4000',
      'media t2 recording 3556',
      'party-changed 3556 0412',
      'released 3556 0412',
      'media t2 finished 3556',
    ],
    starts: ['3556'],
    couples: [ended('3556', '0412', 2)],
  },
  {
    name: 'recorded on the other side, and over: nobody is asked for again, whichever is told first',
    rows: ['established 3556 0412', 'media t1 recording 0412', 'media t1 finished 0412', 'released 3556 0412'],
    starts: ['3556'],
    couples: [ended('3556', '0412')],
  },
  {
    name: 'stopped by somebody else while both talk on: nobody is asked for again, after a transfer neither',
    rows: [
      'established 3556 4000',
      'media t1 recording 3556',
      'media t1 finished 3556',
      'data-changed 3556 4000',
      'party-changed 3556 0412',
      'released 3556 0412',
    ],
    starts: ['3556'],
    couples: [ended('3556', '0412')],
  },
  {
    name: 'both sides recorded by others, whom the core asks for is refused, and the other side comes first: a couple of each',
    rows: [
      'ringing 4000 3556',
      'established 3556 4000',
      'refused 3556',
      'media t1 recording 4000',
      'media t2 recording 3556',
      'established 4000 3556',
      'released 4000 3556',
      'released 3556 4000',
      'media t1 finished 4000',
      'media t2 finished 3556',
    ],
    starts: ['3556'],
    couples: [ended('3556', '4000'), ended('4000', '3556')],
  },
  {
    name: 'one side recorded by somebody else before anything is told of it, while the other one rings: the other is asked for',
    rows: [
      'ringing 3557 3556',
      'media t1 recording 3556 3557',
      'established 3556 3557',
      'seen 3557 3556 ON',
      'media t2 recording 3557',
      'released 3556 3557',
      'media t1 finished 3556 3557',
      'released 3557 3556',
      'media t2 finished 3557',
    ],
    starts: ['3557'],
    couples: [ended('3556', '3557'), ended('3557', '3556')],
  },
  {
    name: 'GSIP_RECORD was that of the other side, whose recording shows only later: who waited for it is asked for',
    rows: [
      'ringing 3557 3556',
      'established 3556 3557',
      'established 3557 3556 ON',
      'media t1 recording 3556 3557',
      'media t2 recording 3557',
      'released 3556 3557',
      'media t1 finished 3556 3557',
      'released 3557 3556',
      'media t2 finished 3557',
    ],
    starts: ['3556', '3557'],
    couples: [ended('3556', '3557'), ended('3557', '3556')],
  },
  {
    name: 'recorded on the other side, which turns out to be recorded for itself: who has lost it is asked for',
    rows: [
      'established 3557 3556 ON',
      'media t1 recording 3556 3557',
      'established 3556 3557',
      'media t2 recording 3557',
      'released 3556 3557',
      'media t1 finished 3556 3557',
      'released 3557 3556',
      'media t2 finished 3557',
    ],
    starts: ['3557'],
    couples: [ended('3557', '3556'), ended('3556', '3557')],
  },
  {
    name: 'the other side recorded by somebody else before anything is told of it, and before the answer: a couple of each',
    rows: [
      'established 3556 4000',
      'media t1 recording 4000 3556',
      'accepted 3556',
      'media t2 recording 3556 4000',
      'established 4000 3556',
      'released 3556 4000',
      'media t1 finished 4000 3556',
      'released 4000 3556',
      'media t2 finished 3556 4000',
    ],
    starts: ['3556'],
    couples: [ended('3556', '4000'), ended('4000', '3556')],
  },
  {
    name: 'the other side, of which nothing is ever told, recorded by somebody else when the first one is: a couple of each',
    rows: [
      'established 3556 4000',
      'media t2 recording 3556 4000',
      'media t1 recording 4000 3556',
      'released 3556 4000',
      'media t1 finished 4000 3556',
      'media t2 finished 3556 4000',
    ],
    starts: ['3556'],
    couples: [ended('3556', '4000'), ended('4000', '3556')],
  },
  {
    name: 'recorded on the other side alone, of which nothing is told: that is its recording, whatever was answered',
    rows: [
      'established 3556 4000',
      'refused 3556',
      'media t1 recording 4000 3556',
      'released 3556 4000',
      'media t1 finished 4000 3556',
    ],
    starts: ['3556'],
    couples: [ended('3556', '4000')],
  },
  {
    name: 'of a DN that no rule is about: who stays is not asked for',
    rows: [
      'established 4000 0412',
      'media t1 recording 0412 4000',
      'party-changed 4000 0413',
      'media t1 finished 0412 4000',
      'released 4000 0413',
    ],
    starts: [],
    couples: ['4000 0413 ended NO_PROBLEM 1'],
  },
  {
    name: 'transferred blind to a colleague: a couple of each',
    rows: [
      'established 3556 0412',
      'media t1 recording 3556',
      'released 3556 0412',
      'ringing 3557 0412',
      'media t1 finished 3556',
      'established 3557 0412',
      'media t2 recording 3557',
      'released 3557 0412',
      'media t2 finished 3557',
    ],
    starts: ['3556', '3557'],
    couples: [ended('3556', '0412'), ended('3557', '0412')],
  },
  {
    name: 'brought into a conference, whose first agent leaves',
    rows: [
      'established 3556 0412',
      'media t1 recording 3556',
      'held 3556 0412',
      'party-added 3556 3557',
      'retrieved 3556 3557',
      'party-changed 3557 3556',
      'media t2 recording 3557',
      'released 3556 3557',
      'media t1 finished 3556',
      'party-deleted 3557 3556',
      'released 3557 0412',
      'media t2 finished 3557',
    ],
    starts: ['3556', '3557'],
    couples: [ended('3556', '3557'), ended('3557', '0412')],
  },
];

function messageOf(row: string, atMs: number): CallMessage {
  const [what, first, second, third, other] = row.split(' ') as [string, string, string, string?, string?];
  if (what === 'accepted') return { type: 'accepted', sid: sidOf(first) };
  if (what === 'refused') return { type: 'refused', sid: sidOf(first), code: 'cti-refused', detail: 'error 50' };
  if (what === 'media') {
    const news = newsOf(first, second as SessionNews['phase'], third!, other);
    return { type: 'session', news, watched: dnsOf(news).filter((dn) => watched.includes(dn)) };
  }
  const event: PartyEvent = {
    what: what as PartyHappening,
    dn: first,
    otherDn: second,
    partyUuid: `P-${first}`,
    connId: '0071022ec8ac8056',
    callType: 'inbound',
    atMs,
    ...(third === 'ON' && { userData: { GSIP_RECORD: 'ON' } }),
  };
  return { type: 'party', event };
}

function sidOf(dn: string): string {
  return coupleId({ tenant: name.tenant, callUuid: name.callUuid, dn, partyUuid: `P-${dn}` });
}

function newsOf(take: string, phase: SessionNews['phase'], recordDn: string, other?: string): SessionNews {
  const isOver = phase === 'finished';
  const stream = (party: string) => ({
    ...{ stream: party, dialog: party, party, codecs: ['PCMU'] },
    phase: isOver ? ('closed' as const) : ('open' as const),
    ...(isOver && { packets: 400 }),
  });
  return {
    ...{ take, recordDn, phase, tenant: 'acme', node: 'n1', form: 'msr', callUuid: name.callUuid },
    recordingId: `id-${take}`,
    startedMs: 1_500,
    ...(isOver && { endedMs: 9_000, endReason: 'bye', folder: take }),
    paused: false,
    pauses: [],
    dialogs: other === undefined ? [] : [dialogOf(recordDn), dialogOf(other)],
    streams: [stream(recordDn), stream('other')],
  };
}

function dialogOf(dn: string): SessionNews['dialogs'][number] {
  return {
    ...{ dialog: dn, callId: dn, fromTag: 't', dn, source: 's', invitedMs: 1_500, metadata: {} },
    phase: 'answered',
  };
}

describe('calls as they are', () => {
  it.each(tables)('R-CTI-4, R-REC-7, R-RUL-5: $name', ({ rows, starts, couples }) => {
    let state: CallState | undefined;
    const facts: CallFact[] = [];
    const asked: string[] = [];
    const told = new Map<string, Couple>();
    for (const [index, row] of rows.entries()) {
      const decision = decide(state, messageOf(row, 1_000 * index), 1_000 * index, name, settings);
      state = decision.state;
      facts.push(...decision.facts);
      for (const effect of decision.effects) {
        if (effect.type === 'private-service' && effect.service === 'start') asked.push(effect.dn);
        if (effect.type === 'tell') told.set(effect.word.couple.sid, coupleSchema.parse(effect.word.couple));
      }
    }
    expect(asked).toEqual(starts);
    const shown = [...told.values()].map(
      ({ dn, otherDn, phase, problem, takes }) => `${dn} ${otherDn} ${phase} ${problem} ${takes.length}`,
    );
    expect(shown).toEqual(couples);
    expect(facts.reduce<CallState | undefined>(apply, undefined)).toEqual(state);
  });
});
