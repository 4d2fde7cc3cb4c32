import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '#src/errors';
import { type MetadataUpdate, numberOf, parseMetadata, partyOf, withUpdate } from '#src/sip/siprec';
import { broadworks, nested, oracle, partial, prefixed, rfc } from './documents.ts';

const runs = process.env.TWINREEL_FULL ? 10_000 : 400;

/** Number by label, as a recording would name its streams. */
function voices(update: MetadataUpdate): Record<string, string[]> {
  const { participants, speaking } = withUpdate(undefined, update, 1_000);
  const byLabel: Record<string, string[]> = {};
  for (const { label, participant } of speaking) {
    const { number } = partyOf(participants.find((one) => one.id === participant)!);
    byLabel[label] = [...(byLabel[label] ?? []), number];
  }
  return byLabel;
}

function refusal(document: string): { code: string | undefined; message: string } {
  try {
    parseMetadata(document);
  } catch (error) {
    return { code: codeOf(error), message: (error as Error).message };
  }
  throw new Error('it was read');
}

describe('a metadata document', () => {
  it('R-SIP-2: of RFC 7865 is read in full', () => {
    expect(parseMetadata(rfc)).toMatchObject({
      mode: 'complete',
      sessions: [{ id: 's1', sipSessionId: 'abc;remote=def', group: 'g1', started: '2030-01-01T10:00:00Z' }],
      participants: [
        { id: 'p1', aor: 'sip:1001@example.com', name: 'Alice Adams' },
        { id: 'p2', name: 'Bob & Böb' },
      ],
      streams: [
        { id: 'm1', session: 's1', label: '1' },
        { id: 'm2', session: 's1', label: '2' },
      ],
      sessionRecordings: [{ session: 's1', associated: '2030-01-01T10:00:00Z' }],
      participantSessions: [{ participant: 'p1', session: 's1' }, { participant: 'p2' }],
      participantStreams: [
        { participant: 'p1', stream: 'm1', direction: 'send' },
        { participant: 'p1', stream: 'm2', direction: 'recv' },
        { participant: 'p2', stream: 'm2', direction: 'send' },
        { participant: 'p2', stream: 'm1', direction: 'recv' },
      ],
    });
  });

  it.each([
    ['RFC 7865', rfc],
    ['prefixed elements, a blank line first', prefixed],
    ['Oracle', oracle],
    ['participants within their session', nested],
  ])('R-SIP-2, R-CTI-5: of %s tells who speaks under which label', (_make, document) => {
    expect(voices(parseMetadata(document))).toEqual({ 1: ['1001'], 2: ['1002'] });
  });

  it('R-SIP-2, R-CTI-5: of BroadWorks tells the parties of its one mixed stream', () => {
    const update = parseMetadata(broadworks);
    expect(voices(update)).toEqual({ 1: ['1001', '1002'] });
    expect(withUpdate(undefined, update, 0).speaking.every((one) => one.mixed)).toBe(true);
  });

  it('R-SIP-2: a name that repeats the number is no name', () => {
    expect(parseMetadata(oracle).participants.map(partyOf)).toEqual([
      { number: '1001', name: 'Alice Adams' },
      { number: '1002' },
    ]);
  });

  it.each([
    ['sip:1001@example.com', '1001'],
    ['<sips:+49-30-1@example.com;user=phone>', '+49-30-1'],
    ['tel:+4930123;phone-context=x', '+4930123'],
    ['sip:02077705371', '02077705371'],
    ['1001@example.com', '1001'],
    ['sip:al%20ice;x=y:secret@example.com', 'al ice'],
    ['sip:%zz@example.com', '%zz'],
    ['', undefined],
  ])('R-CTI-5: the number of %s is %s', (aor, number) => {
    expect(numberOf(aor)).toBe(number);
  });

  it('R-CTI-5: a participant without address is known by name, else by id', () => {
    expect(partyOf({ id: 'p', name: 'Alice' })).toEqual({ number: 'Alice' });
    expect(partyOf({ id: 'p' })).toEqual({ number: 'p' });
  });

  it.each([
    ['an entity of its own', '<!DOCTYPE recording [<!ENTITY a "b">]><recording>&a;</recording>', '<!DOCTYPE'],
    ['an external entity', '<!DOCTYPE r SYSTEM "file:///etc/passwd"><recording/>', '<!DOCTYPE'],
    [
      'a billion laughs',
      `<!DOCTYPE r [<!ENTITY a "${'lol'.repeat(10)}"><!ENTITY b "&a;&a;&a;&a;">]><recording>&b;</recording>`,
      '<!DOCTYPE',
    ],
    ['depth', `<recording>${'<a>'.repeat(100)}${'</a>'.repeat(100)}</recording>`, 'nested'],
    ['size', `<recording>${'<a/>'.repeat(20_000)}</recording>`, 'at most 65536'],
    ['another root', '<html></html>', '<html>'],
    ['two roots', '<recording/><recording/>', '2 root elements'],
    ['nothing', '', ''],
    ['no XML', 'late', ''],
    ['an end that never comes', '<recording><session session_id="s"></recording>', ''],
    ['a name of JavaScript', '<recording><constructor/></recording>', ''],
  ])('R-SIP-2: refuses %s with a stable code', (_what, document, says) => {
    const { code, message } = refusal(document);
    expect(code).toBe('metadata-unreadable');
    expect(message).toContain(says);
  });

  it('R-SIP-3: control characters of a name do not reach a terminal', () => {
    const named = (name: string) => partial(`<participant id="p"><nameID><name>${name}</name></nameID></participant>`);
    const names = ['&#27;[2JAl&#x9b;ice', 'A&#0;l', '\u001b]0;x'].map(
      (one) => parseMetadata(named(one)).participants[0]!.name,
    );
    expect(names).toEqual(['[2JAl ice', 'A&#0;l', ']0;x']);
  });

  it('R-SIP-2: what is not known is left out, what has no id too', () => {
    const update = parseMetadata(partial('<x><session session_id="s"/></x><session/><stream/><participant/>'));
    expect(update).toMatchObject({ mode: 'partial', sessions: [], participants: [], streams: [] });
  });

  it('R-SIP-3: no mutant of a document is anything but read or refused', () => {
    const documents = [rfc, prefixed, oracle, broadworks, nested];
    const pieces = ['', '<', '>', '&', '"', '</', '<!', ']]>', '<a>', ' id="x"', '&#x110000;', '\0', '\uD800'];
    const change = fc.tuple(fc.nat(), fc.constantFrom(...pieces), fc.nat({ max: 12 }));
    fc.assert(
      fc.property(
        fc.constantFrom(...documents),
        fc.array(change, { minLength: 1, maxLength: 5 }),
        (document, changes) => {
          let text = document;
          for (const [where, put, cut] of changes) {
            const at = where % (text.length + 1);
            text = text.slice(0, at) + put + text.slice(at + cut);
          }
          let update: MetadataUpdate | undefined;
          try {
            update = parseMetadata(text);
          } catch (error) {
            expect(codeOf(error)).toBe('metadata-unreadable');
          }
          if (update) withUpdate(undefined, update, 0);
        },
      ),
      { seed: 7_865, numRuns: runs },
    );
  });
});
