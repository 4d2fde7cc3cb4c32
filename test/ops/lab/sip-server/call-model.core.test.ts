import { describe, expect, it } from 'vitest';
import { callStates, dnRoles } from '#src/cti';
import {
  type Calls,
  type Happening,
  happen,
  type ModelEvent,
  type NewParty,
} from '../../../../ops/lab/sip-server/call-model.core.ts';

const inside = (dn: string, partyUuid = `P-${dn}`): NewParty => ({ dn, outside: false, partyUuid });
const outside = (dn: string): NewParty => ({ dn, outside: true, partyUuid: `P-${dn}` });

class Switch {
  calls: Calls = new Map();
  events: ModelEvent[] = [];

  happen(happening: Happening): this {
    const next = happen(this.calls, happening);
    this.calls = next.calls;
    this.events = next.events;
    return this;
  }

  /** What was told last, as `DN message attribute=value …`. */
  told(...names: readonly (keyof ModelEvent['attributes'])[]): string[] {
    return this.events.map(({ message, attributes }) => {
      const shown = names.flatMap((name) => (attributes[name] === undefined ? [] : [`${name}=${attributes[name]}`]));
      return [attributes.ThisDN, message.slice('Event'.length), ...shown].join(' ');
    });
  }

  place(
    callUuid: string,
    from: NewParty,
    to: NewParty,
    callType: 'inbound' | 'internal' | 'outbound' | 'consult',
  ): this {
    const call = { callUuid, connId: `conn-${callUuid}`, callType, dnis: to.dn, ani: from.dn };
    return this.happen({ type: 'placed', call, from });
  }

  /** A call that stands. */
  up(callUuid: string, from: NewParty, to: NewParty, callType: 'inbound' | 'internal' | 'consult' = 'inbound'): this {
    return this.place(callUuid, from, to, callType)
      .happen({ type: 'rings', callUuid, at: to })
      .happen({ type: 'answered', callUuid, dn: to.dn });
  }
}

describe('calls as T-Lib tells of them', () => {
  it('R-LAB-1, R-CTI-1: an inbound call rings at its DN, is established and released there; nobody watches the outside', () => {
    const at = new Switch().place('C', outside('0412'), inside('3556'), 'inbound');
    expect(at.told()).toEqual([]);
    at.happen({ type: 'rings', callUuid: 'C', at: inside('3556') });
    expect(at.told('OtherDN', 'ANI', 'DNIS', 'CallType', 'ThisDNRole')).toEqual([
      `3556 Ringing OtherDN=0412 ANI=0412 DNIS=3556 CallType=2 ThisDNRole=${dnRoles.destination}`,
    ]);
    at.happen({ type: 'answered', callUuid: 'C', dn: '3556' });
    expect(at.told('OtherDN')).toEqual(['3556 Established OtherDN=0412']);
    at.happen({ type: 'left', callUuid: 'C', dn: '0412' });
    expect(at.told()).toEqual(['3556 Released']);
    expect(at.calls.size).toBe(0);
  });

  it('R-LAB-1: an internal call is heard at both ends, by the one who answers first', () => {
    const at = new Switch().place('C', inside('3556'), inside('3557'), 'internal');
    expect(at.told('OtherDN')).toEqual(['3556 Dialing OtherDN=3557']);
    at.happen({ type: 'rings', callUuid: 'C', at: inside('3557') });
    expect(at.told()).toEqual(['3557 Ringing']);
    at.happen({ type: 'answered', callUuid: 'C', dn: '3557' });
    expect(at.told('OtherDN')).toEqual(['3557 Established OtherDN=3556', '3556 Established OtherDN=3557']);
    at.happen({ type: 'left', callUuid: 'C', dn: '3556' });
    expect(at.told()).toEqual(['3556 Released', '3557 Released']);
  });

  it('R-LAB-1: a call that is not taken is abandoned where it rang', () => {
    const at = new Switch().place('C', outside('0412'), inside('3556'), 'inbound');
    at.happen({ type: 'rings', callUuid: 'C', at: inside('3556') }).happen({ type: 'left', callUuid: 'C', dn: '0412' });
    expect(at.told()).toEqual(['3556 Abandoned']);
    expect(at.calls.size).toBe(0);
  });

  it('R-CTI-4: hold and retrieve are heard by who does it, once', () => {
    const at = new Switch().up('C', outside('0412'), inside('3556'));
    at.happen({ type: 'held', callUuid: 'C', dn: '3556' });
    expect(at.told()).toEqual(['3556 Held']);
    expect(at.happen({ type: 'held', callUuid: 'C', dn: '3556' }).told()).toEqual([]);
    expect(at.happen({ type: 'retrieved', callUuid: 'C', dn: '3556' }).told()).toEqual(['3556 Retrieved']);
  });

  it('R-MD-1: attached data is heard by every party that is watched', () => {
    const at = new Switch().up('C', inside('3556'), inside('3557'), 'internal');
    at.happen({ type: 'data', callUuid: 'C', by: '3556', userData: [['GSIP_RECORD', 'ON']] });
    expect(at.told('ThirdPartyDN')).toEqual([
      '3556 AttachedDataChanged ThirdPartyDN=3556',
      '3557 AttachedDataChanged ThirdPartyDN=3556',
    ]);
    expect(at.events[0]!.attributes.UserData).toEqual([['GSIP_RECORD', 'ON']]);
  });

  it('R-CTI-4: a blind transfer releases who made it, and rings at the target under the same ConnID', () => {
    const at = new Switch().up('C', outside('0412'), inside('3556'));
    at.happen({ type: 'transferred-blind', callUuid: 'C', by: '3556' });
    expect(at.told('ConnID', 'CallState')).toEqual([`3556 Released ConnID=conn-C CallState=${callStates.transferred}`]);
    at.happen({ type: 'rings', callUuid: 'C', at: inside('3557'), by: '3556' });
    expect(at.told('ConnID', 'CallState', 'ThirdPartyDN')).toEqual([
      '3557 Ringing ConnID=conn-C CallState=0 ThirdPartyDN=3556',
    ]);
    at.happen({ type: 'answered', callUuid: 'C', dn: '3557' });
    expect(at.told('OtherDN')).toEqual(['3557 Established OtherDN=0412']);
  });

  it('R-CTI-4: an attended transfer releases who made it twice; the target hears which call it is in now', () => {
    const at = new Switch()
      .up('C', outside('0412'), inside('3556'))
      .happen({ type: 'held', callUuid: 'C', dn: '3556' });
    at.up('D', inside('3556'), inside('3557'), 'consult');
    at.happen({ type: 'transferred-attended', callUuid: 'C', by: '3556', consultUuid: 'D' });
    expect(at.told('ConnID', 'PreviousConnID', 'OtherDN', 'TransferConnID')).toEqual([
      '3556 Released ConnID=conn-C OtherDN=0412 TransferConnID=conn-D',
      '3556 Released ConnID=conn-D OtherDN=3557 TransferConnID=conn-C',
      '3557 PartyChanged ConnID=conn-C PreviousConnID=conn-D OtherDN=0412',
    ]);
    expect([...at.calls.keys()]).toEqual(['C']);
    at.happen({ type: 'left', callUuid: 'C', dn: '0412' });
    expect(at.told()).toEqual(['3557 Released']);
  });

  it('R-CTI-4: a conference adds the consulted party; when one leaves, the others go on', () => {
    const at = new Switch()
      .up('C', outside('0412'), inside('3556'))
      .happen({ type: 'held', callUuid: 'C', dn: '3556' });
    at.up('D', inside('3556'), inside('3557'), 'consult');
    at.happen({ type: 'conferenced', callUuid: 'C', by: '3556', consultUuid: 'D' });
    expect(at.told('ConnID', 'OtherDN', 'CallState')).toEqual([
      `3556 Released ConnID=conn-D OtherDN=3557 CallState=${callStates.conferenced}`,
      `3557 PartyChanged ConnID=conn-C OtherDN=3556 CallState=${callStates.conferenced}`,
      `3556 PartyAdded ConnID=conn-C OtherDN=3557 CallState=${callStates.conferenced}`,
    ]);
    at.happen({ type: 'left', callUuid: 'C', dn: '3556' });
    expect(at.told('OtherDN')).toEqual(['3556 Released', '3557 PartyDeleted OtherDN=3556']);
    expect(at.calls.get('C')!.parties).toHaveLength(2);
  });

  it('R-LAB-1: what names no call, or no party of it, is nothing', () => {
    const at = new Switch().up('C', outside('0412'), inside('3556'));
    const { calls } = at;
    at.happen({ type: 'left', callUuid: 'X', dn: '3556' });
    at.happen({ type: 'left', callUuid: 'C', dn: '9999' });
    at.happen({ type: 'transferred-attended', callUuid: 'C', by: '3556', consultUuid: 'X' });
    expect(at.calls).toBe(calls);
    expect(at.events).toEqual([]);
  });
});
