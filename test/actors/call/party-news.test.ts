import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apply, type CallState, type PartyEvent } from '#actors/call';
import { partyNews } from '../../../actors/call/party-news.ts';
import { isSame } from '../../../actors/call/same.ts';

const numRuns = process.env['TWINREEL_FULL'] ? 20_000 : 500;
const text = fc.constantFrom('a', 'b');
const texts = fc.dictionary(fc.constantFrom('x', 'y'), text, { maxKeys: 2 });
const happenings = ['ringing', 'dialing', 'established', 'held', 'retrieved', 'party-changed', 'data-changed'] as const;

/** Few values, so that much is told again. */
const told = fc.record(
  {
    what: fc.constantFrom(...happenings, 'released' as const, 'seen' as const),
    dn: fc.constantFrom('3556', '3557'),
    connId: fc.constantFrom('c1', 'c2'),
    atMs: fc.nat(9),
    ...{ partyUuid: text, previousConnId: text, refCallUuid: text, otherDn: text, thirdPartyDn: text },
    ...{ ani: text, dnis: text, queue: text, agentId: text, userData: texts, extensions: texts, attributes: texts },
    callType: fc.constantFrom('inbound', 'consult'),
    role: fc.constantFrom('origin', 'destination'),
    agent: fc.record({ name: text, configured: texts }),
  },
  { requiredKeys: ['what', 'dn', 'connId', 'atMs'] },
) as fc.Arbitrary<PartyEvent>;

const began = apply(undefined, { type: 'began', atMs: 0, tenant: 't', switch: 's', callUuid: 'u' });
const after = (state: CallState, event: PartyEvent) => apply(state, { type: 'party', atMs: 9, event });

it('R-CTI-1: what is new of an event leads to the same state as the whole event; what is told twice is no news', () => {
  fc.assert(
    fc.property(fc.array(told, { maxLength: 12 }), (events) => {
      let state = began;
      for (const event of events) {
        const party = [...state.parties.values()].findLast(({ dn }) => dn === event.dn);
        const news = party ? partyNews(state, party, event) : event;
        const whole = after(state, event);
        expect(news ? after(state, news) : state).toEqual(whole);
        state = whole;
        const now = [...state.parties.values()].findLast(({ dn }) => dn === event.dn)!;
        const isRepeated = now.phase !== 'gone' && event.what !== 'seen';
        if (isRepeated && event.what !== 'party-changed') expect(partyNews(state, now, event)).toBeUndefined();
      }
    }),
    { seed: 1, numRuns },
  );
});

it('R-RUL-1: two plain values are the same when Node says so', () => {
  const value = fc.jsonValue({ maxDepth: 3 });
  fc.assert(
    fc.property(value, value, (one, other) => {
      expect(isSame(one, other)).toBe(isDeepStrictEqual(one, other));
      expect(isSame(one, structuredClone(one))).toBe(true);
    }),
    { seed: 1, numRuns },
  );
  expect(isSame({ a: undefined }, { b: undefined })).toBe(false);
  expect(isSame({ a: 1 }, { a: 1, b: undefined })).toBe(false);
});
