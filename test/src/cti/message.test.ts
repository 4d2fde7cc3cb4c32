import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attributeNumbers,
  errorCodes,
  eventOf,
  events,
  isForGood,
  parseEvent,
  parseRequest,
  requestOf,
  requests,
} from '#src/cti';
import { TwinreelError } from '#src/errors';
import { encodeFrame, FrameReader } from '#src/frames';

const connId = '0071022ec8ac8056';
const runs = process.env['TWINREEL_FULL'] ? 3_000 : 300;
const throughJson = (value: unknown) => JSON.parse(JSON.stringify(value)) as unknown;

const keyValueList = fc.letrec((tie) => ({
  list: fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 3 }),
  value: fc.oneof(
    { depthSize: 'small' },
    fc.string(),
    fc.maxSafeInteger(),
    fc.base64String({ maxLength: 8 }).map((binary) => ({ binary })),
    tie('list'),
  ),
})).list;

describe('messages of T-Lib', () => {
  it('R-CTI-1: carry their names and numbers', () => {
    const expected = {
      RequestRegisterClient: 0,
      RequestQueryAddress: 2,
      RequestRegisterAddress: 3,
      RequestUnregisterAddress: 4,
      RequestSingleStepTransfer: 25,
      RequestCompleteTransfer: 26,
      RequestAttachUserData: 30,
      RequestUpdateUserData: 31,
      RequestRouteCall: 36,
      RequestDistributeUserEvent: 48,
      RequestQueryCall: 108,
      RequestPrivateService: 149,
      EventError: 52,
      EventRegistered: 53,
      EventRinging: 60,
      EventDialing: 61,
      EventEstablished: 64,
      EventReleased: 65,
      EventHeld: 66,
      EventRetrieved: 67,
      EventPartyChanged: 68,
      EventPartyAdded: 69,
      EventPartyDeleted: 70,
      EventAgentLogin: 73,
      EventAttachedDataChanged: 85,
      EventAddressInfo: 92,
      EventServerInfo: 93,
      EventLinkDisconnected: 94,
      EventLinkConnected: 95,
      EventUserEvent: 96,
      EventPartyInfo: 109,
      EventAgentAfterCallWork: 118,
      EventACK: 138,
      EventPrivateInfo: 150,
      EventCallPartyDeleted: 166,
    };
    const ids = Object.fromEntries(Object.entries({ ...requests, ...events }).map(([name, { id }]) => [name, id]));
    expect(ids).toMatchObject(expected);
    expect(new Set(Object.values(ids)).size).toBe(Object.keys(ids).length);
    expect(new Set(Object.values(attributeNumbers)).size).toBe(Object.keys(attributeNumbers).length);
  });

  it('R-CTI-1: attributes of every kind come through a frame as they were, unknown ones too', () => {
    const attributes = fc.record(
      {
        CallType: fc.integer(),
        OtherDN: fc.string(),
        CallUUID: fc.string(),
        UserData: keyValueList,
        Extensions: keyValueList,
        Reasons: keyValueList,
        Unheard: fc.jsonValue({ depthSize: 'small' }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(attributes, (some) => {
        const event = { ...eventOf('EventRinging', { ThisDN: '3556', ConnID: connId }) };
        const sent = throughJson({ ...event, attributes: { ...event.attributes, ...some } });
        const [read] = new FrameReader(2 ** 20).push(encodeFrame(sent));
        expect(parseEvent(read)).toEqual(sent);
      }),
      { seed: 3, numRuns: runs },
    );
  });

  it('R-CTI-1: a hostile value is malformed or a message, and never more', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('EventRinging', 'EventError', 'EventNovel'), (value, message) => {
        for (const one of [value, { message, id: 60, attributes: value }]) {
          const read = parseEvent(one);
          if ('malformed' in read) expect(read.malformed).not.toBe('');
          else expect(read.attributes).toBeTypeOf('object');
        }
      }),
      { seed: 4, numRuns: runs },
    );
    const poisoned = JSON.parse('{"message":"EventNovel","attributes":{"__proto__":{"ThisDN":"1"},"constructor":1}}');
    const read = parseEvent(poisoned);
    expect('attributes' in read && read.attributes.ThisDN).toBeUndefined();
    expect(({} as { ThisDN?: string }).ThisDN).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ['no object', 7, '(message)'],
    [
      'another kind',
      requestOf('RequestQueryServer', { ReferenceID: 1 }),
      'RequestQueryServer: this end takes Event… only',
    ],
    ['no ThisDN', { message: 'EventHeld', id: 66, attributes: { ConnID: connId } }, 'EventHeld: ThisDN'],
    [
      'a short ConnID',
      { message: 'EventHeld', id: 66, attributes: { ThisDN: '1', ConnID: '71' } },
      '16 hexadecimal digits',
    ],
    ['a list that is an object', { message: 'EventUserEvent', id: 96, attributes: { UserData: { a: 1 } } }, 'UserData'],
    ['a fraction in a list', { message: 'EventUserEvent', id: 96, attributes: { UserData: [['a', 1.5]] } }, 'UserData'],
  ])('R-CTI-1: %s is malformed, and it is said why', (_, value, why) => {
    expect(parseEvent(value)).toMatchObject({ malformed: expect.stringContaining(why) });
  });

  it('R-CTI-1: of a malformed request the reference id is told, so that it can be answered', () => {
    const request = { message: 'RequestPrivateService', id: 149, attributes: { ReferenceID: 77, ThisDN: '3556' } };
    expect(parseRequest(request)).toEqual({ malformed: expect.stringContaining('PrivateMsgID'), reference: 77 });
    const without = { message: 'RequestQueryServer', id: 1, attributes: {} };
    expect(parseRequest(without)).toEqual({ malformed: expect.stringContaining('ReferenceID') });
  });

  it.each([
    ['a DN that is not configured', { errorCode: errorCodes.dnNotConfigured }, true],
    ['a feature that is off', { errorCode: errorCodes.unsupported }, true],
    ['a ConnID that a transfer has taken away', { errorCode: errorCodes.invalidConnId }, false],
    ['an unknown error', { errorCode: errorCodes.unknown }, false],
    ['silence', {}, false],
  ])('R-CTI-1: %s: whether asking again is in vain', (_, details, isLasting) => {
    expect(isForGood(new TwinreelError('cti-refused', '', details))).toBe(isLasting);
  });

  it('R-CTI-1: a ConnID is lower case when read', () => {
    const event = parseEvent({ message: 'EventHeld', id: 66, attributes: { ThisDN: '1', ConnID: '0071022EC8AC8056' } });
    expect(event).toMatchObject({ attributes: { ConnID: connId } });
  });
});
