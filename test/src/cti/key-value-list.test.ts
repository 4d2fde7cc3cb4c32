import { describe, expect, it } from 'vitest';
import {
  addressInfoExtensions,
  type KeyValueList,
  listOf,
  lookUp,
  lookUpAnyCase,
  numberOf,
  readAddressInfo,
  readRecordingExtensions,
  recordingExtensions,
  textOf,
  updated,
  without,
} from '#src/cti';

describe('lists of T-Lib', () => {
  const list: KeyValueList = [
    ['a', 'x'],
    ['n', 3],
    ['a', 'y'],
    ['b', { binary: 'AAE=' }],
  ];

  it('R-CTI-1: the first of two values answers; types are kept', () => {
    expect(lookUp(list, 'a')).toBe('x');
    expect(lookUp(list, 'A')).toBeUndefined();
    expect(lookUpAnyCase(list, 'N')).toBe(3);
    expect([textOf(3), textOf({ binary: '' }), numberOf('12'), numberOf('x')]).toEqual(['3', undefined, 12, undefined]);
  });

  it('R-CTI-1: UpdateUserData replaces where a key stands and adds what is new; DeletePair takes every pair of a key', () => {
    expect(
      updated(list, [
        ['n', 4],
        ['z', 'new'],
      ]),
    ).toEqual([
      ['a', 'x'],
      ['n', 4],
      ['a', 'y'],
      ['b', { binary: 'AAE=' }],
      ['z', 'new'],
    ]);
    expect(without(list, 'a').map(([key]) => key)).toEqual(['n', 'b']);
    expect(listOf({ a: 1, b: undefined, c: '' })).toEqual([
      ['a', 1],
      ['c', ''],
    ]);
  });
});

describe('extensions of a recording request', () => {
  it('R-CTI-1, R-CFG-4: what is empty is not sent, and what is sent is read in any case', () => {
    expect(recordingExtensions({ record: undefined, id: 'r1', dest: '', dest2: '' })).toEqual([['id', 'r1']]);
    const sent: KeyValueList = [
      ['Record', 'destination'],
      ['Id', 'r1'],
      ['Dest', 'sip:rec1:5060'],
      ['DEST2', 'sip:rec2'],
    ];
    const read = { record: 'destination', id: 'r1', dest: 'sip:rec1:5060', dest2: 'sip:rec2' };
    expect(readRecordingExtensions(sent)).toEqual(read);
    expect(readRecordingExtensions([['record', 'sideways']]).record).toBeUndefined();
  });
});

describe('what a DN is doing', () => {
  it('R-CTI-3: comes out of the Extensions as it was put in', () => {
    const parties = [
      { connId: '0071022ec8ac8056', partyState: 12 },
      { connId: '0071022ec8ac8057', partyState: 14 },
    ];
    const extensions = addressInfoExtensions({ status: 2, agentId: '7001' }, parties);
    expect(lookUp(extensions, 'ps-2')).toBe(14);
    expect(readAddressInfo(extensions)).toEqual({ agent: { status: 2, agentId: '7001' }, parties });
    expect(readAddressInfo(undefined)).toEqual({ agent: { status: -1 }, parties: [] });
    expect(
      readAddressInfo([
        ['conn-1', 'x'],
        ['conn-2', '0071022EC8AC8056'],
      ]).parties,
    ).toEqual([{ connId: '0071022ec8ac8056', partyState: 0 }]);
  });
});
