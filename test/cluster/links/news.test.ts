import { describe, expect, it } from 'vitest';
import { decide, type Invite, planStreams, type SessionState } from '#actors/session';
import { sessionNewsSchema } from '#src/recording';
import { parseMsrInvite, parseOffer } from '#src/sip';
import { parseMetadata } from '#src/sip/siprec';
import { newsOf } from '../../../cluster/links/news.ts';
import { rfc } from '../../src/sip/siprec/documents.ts';

const settings = {
  tenant: 'acme',
  node: 'n1',
  codecs: ['PCMU'],
  lingerMs: 500,
  silenceMsMax: 120_000,
  retryAfterSeconds: 5,
};
const offer = parseOffer(
  'v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 6000 RTP/AVP 0\r\na=label:1\r\nm=audio 6002 RTP/AVP 0\r\na=label:2\r\n',
);

/** A session of a recording client that has told its metadata. */
function session(): SessionState {
  const metadata = { type: 'read', update: parseMetadata(rfc) } as const;
  const invite: Invite = {
    dialog: 'rs;from-tag=t',
    callId: 'rs',
    fromTag: 't',
    msr: parseMsrInvite('sip:srs@h', []),
    siprec: { snapshots: true, metadata },
    offer,
    source: 'udp/127.0.0.1:5060',
  };
  const plan = planStreams(invite.dialog, invite.msr, offer, settings.codecs);
  if (plan.type === 'refused') throw new Error(plan.reason);
  return decide(undefined, { type: 'invited', invite, streams: plan.streams }, 1_000, settings).state!;
}

describe('what cores are told of a session', () => {
  it('R-CTI-5, R-MD-2: parties, calls and couples of a client’s metadata, and where it was taken', () => {
    const state = session();
    const news = sessionNewsSchema.parse(JSON.parse(JSON.stringify(newsOf(state, { location: 'Brno' }))));
    expect(news).toMatchObject({ form: 'siprec', tags: { location: 'Brno' } });
    expect(news.told!.parties).toEqual([
      { number: '1001', name: 'Alice Adams' },
      { number: '1002', name: 'Bob & Böb' },
    ]);
    expect(news.told!.couples).toEqual([{ call: 's1', parties: ['1001', '1002'], fromMs: 1_000 }]);
    expect(news.told!.calls).toMatchObject([{ call: 's1', sipSessionId: 'abc;remote=def', fromMs: 1_000 }]);
  });

  it('R-REC-7: of any other session there is nothing of the kind', () => {
    const { told: _, ...plain } = session();
    expect(newsOf(plain, {})).not.toHaveProperty('told');
    expect(newsOf(plain, {})).not.toHaveProperty('tags');
  });

  it('R-REC-4, R-REC-7: packets are those in the recording once it is finished, before that those that capture counted', () => {
    const state = session();
    const [[id, stream]] = [...state.streams] as [[string, NonNullable<ReturnType<SessionState['streams']['get']>>]];
    const closed = { counters: { packets: 3 } } as NonNullable<typeof stream.closed>;
    const ended: SessionState = { ...state, streams: new Map([[id, { ...stream, phase: 'closed', closed }]]) };
    expect(newsOf(ended, {}).streams).toMatchObject([{ packets: 3 }]);
    expect(newsOf({ ...ended, packets: { [id]: 120 } }, {}).streams).toMatchObject([{ packets: 120 }]);
  });
});
