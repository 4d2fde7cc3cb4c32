import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { apply, type CallState, type PartyEvent, ruleCallOf } from '#actors/call';
import { partyNews } from '../../../actors/call/party-news.ts';
import { isAlikeForRules } from '../../../actors/call/ruling.ts';
import { isSame } from '../../../actors/call/same.ts';
import { partyAt } from '../../../actors/call/state.ts';

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
        const party = partyAt(state, event.dn);
        const news = party ? partyNews(state, party, event) : event;
        const whole = after(state, event);
        expect(news ? after(state, news) : state).toEqual(whole);
        state = whole;
        const now = partyAt(state, event.dn)!;
        const isRepeated = now.phase !== 'gone' && event.what !== 'seen';
        if (isRepeated && event.what !== 'party-changed') expect(partyNews(state, now, event)).toBeUndefined();
      }
    }),
    { seed: 1, numRuns },
  );
});

it('R-RUL-3: rules are told anew of a party of which anything has changed that they are told', () => {
  const decision = { policy: 'nothing', screen: false } as const;
  fc.assert(
    fc.property(fc.array(told, { maxLength: 4 }), told, (earlier, event) => {
      const known = earlier.reduce(after, began);
      const before = partyAt(known, event.dn);
      if (!before) return;
      const { partyUuid } = before;
      const call = ruleCallOf(known, before);
      const judged = apply(known, { type: 'judged', atMs: 9, partyUuid, call, decision });
      const state = after(judged, event);
      const now = partyAt(state, event.dn)!;
      if (isAlikeForRules(partyAt(judged, event.dn)!, now)) expect(ruleCallOf(state, now)).toEqual(call);
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
