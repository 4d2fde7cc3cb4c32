import { describe, expect, it } from 'vitest';
import {
  type CallEffect,
  type CallMessage,
  type CallSettings,
  type CallState,
  decide,
  type PartyEvent,
  type PartyHappening,
} from '#actors/call';
import { parseConfig } from '#src/config';
import { metadataSchema } from '#src/metadata';
import { RuleBook, rulesOfDns } from '#src/rules';
import { acting } from './acting.ts';

const name = { tenant: 'acme', switch: 'sw', callUuid: 'U1' };
const { notification } = parseConfig('', 'defaults').core.tenantDefaults;
const settings: CallSettings = {
  ...acting,
  ...{ mediaMsMax: 10_000, lingerMs: 5_000, enquireMs: 10_000, afterCallWorkMsMax: 60_000, keepMs: 60_000 },
  packetsMin: 40,
  metadata: metadataSchema.parse({}),
  asking: {},
  notification: { ...notification, audio: false, video: false },
  rules: new RuleBook(rulesOfDns([])),
};

/** A call, and what it did. */
class Watched {
  state: CallState | undefined;
  effects: CallEffect[] = [];

  hear(message: CallMessage): this {
    const { state, effects } = decide(this.state, message, 1_000, name, settings);
    this.state = state;
    this.effects.push(...effects);
    return this;
  }

  party(what: PartyHappening, more: Partial<PartyEvent> = {}): this {
    const event = { what, dn: '3556', connId: '0071022ec8ac8056', atMs: 1_000, partyUuid: 'P1', ...more };
    return this.hear({ type: 'party', event });
  }

  /** Names of the parties whose recording was asked for, in order. */
  get asked(): string[] {
    return this.effects.flatMap((effect) =>
      effect.type === 'private-service' && effect.service === 'start'
        ? [this.state!.couples.get(effect.sid)!.partyUuid]
        : [],
    );
  }
}

describe('who is asked for when its call has begun already', () => {
  it('R-CTI-4: nobody tells that a DN rings when its call becomes part of one that it had left: it is another party there', () => {
    const call = new Watched().party('established').party('released');
    call.party('party-changed', { partyUuid: 'P2', previousConnId: '0071022ec8ac8057', atMs: 20_000 });
    expect(call.asked).toEqual(['P1', 'P2']);
    // What comes late of the first party changes nothing.
    expect(call.party('held', { atMs: 900 }).asked).toEqual(['P1', 'P2']);
  });

  it('R-RUL-5: who was not, as GSIP_RECORD told of a recording that has ended, or whose media has not come', () => {
    const given = () => new Watched().party('established', { userData: { GSIP_RECORD: 'ON' } });
    expect(given().asked).toEqual([]);
    expect(given().party('data-changed', { userData: { GSIP_RECORD: 'OFF' } }).asked).toEqual(['P1']);
    const waited = given();
    const [sid] = waited.state!.couples.keys();
    expect(waited.hear({ type: 'media-due', sid: sid! }).asked).toEqual(['P1']);
  });
});
