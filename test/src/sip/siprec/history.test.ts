import { describe, expect, it } from 'vitest';
import {
  couplesOf,
  type MetadataHistory,
  metadataEntriesMax,
  needsSnapshot,
  parseMetadata,
  withUpdate,
} from '#src/sip/siprec';
import { complete, oracle, partial, rfc } from './documents.ts';

function told(...documents: string[]): MetadataHistory {
  const history = documents.reduce<MetadataHistory | undefined>(
    (before, document, index) => withUpdate(before, parseMetadata(document), 1_000 * (index + 1)),
    undefined,
  );
  return JSON.parse(JSON.stringify(history)) as MetadataHistory;
}

function spoke({ speaking }: MetadataHistory): string[] {
  return speaking.map((one) => `${one.participant} on ${one.label} ${one.fromMs}-${one.toMs ?? ''}`);
}

const carol = '<participant participant_id="p3"><nameID aor="sip:1003@x"/></participant>';

describe('what metadata has said', () => {
  it('R-SIP-2: complete metadata replaces what was known, and nobody is forgotten', () => {
    const only = complete('<session session_id="s1"/><participant participant_id="p1"/>');
    const history = told(rfc, only);
    expect(history.current.participants.map((one) => one.id)).toEqual(['p1']);
    expect(history.participants).toMatchObject([
      { id: 'p1', aor: 'sip:1001@example.com', name: 'Alice Adams' },
      { id: 'p2', name: 'Bob & Böb' },
    ]);
    expect(spoke(history)).toEqual(['p1 on 1 1000-2000', 'p2 on 2 1000-2000']);
  });

  it('R-SIP-2: partial metadata changes what it names', () => {
    const renamed = partial('<participant participant_id="p2"><nameID><name>Robert</name></nameID></participant>');
    const { current, speaking } = told(rfc, renamed);
    expect(current.participants).toMatchObject([
      { id: 'p1', name: 'Alice Adams' },
      { id: 'p2', name: 'Robert', aor: 'sip:1002@example.com;user=phone' },
    ]);
    expect(speaking.every((one) => one.toMs === undefined)).toBe(true);
  });

  it('R-SIP-2: transfer: disassociate-time ends a voice, and another one takes over its stream', () => {
    const moved = partial(`${carol}
      <participantsessionassoc participant_id="p2" session_id="s1"><disassociate-time>t</disassociate-time></participantsessionassoc>
      <participantsessionassoc participant_id="p3" session_id="s1"><associate-time>t</associate-time></participantsessionassoc>
      <participantstreamassoc participant_id="p2"><send>m2</send><disassociate-time>t</disassociate-time></participantstreamassoc>
      <participantstreamassoc participant_id="p3"><send>m2</send><recv>m1</recv></participantstreamassoc>`);
    const history = told(rfc, moved);
    expect(spoke(history)).toEqual(['p1 on 1 1000-', 'p2 on 2 1000-2000', 'p3 on 2 2000-']);
    expect(history.calls).toMatchObject([
      {
        id: 's1',
        members: [
          { participant: 'p1', fromMs: 1_000 },
          { participant: 'p2', fromMs: 1_000, toMs: 2_000 },
          { participant: 'p3', fromMs: 2_000 },
        ],
      },
    ]);
    expect(couplesOf(history.calls)).toEqual([
      { call: 's1', between: ['p1', 'p2'], fromMs: 1_000, toMs: 2_000 },
      { call: 's1', between: ['p1', 'p3'], fromMs: 2_000 },
    ]);
    expect(history.speaking.some((one) => one.mixed)).toBe(false);
  });

  it('R-SIP-2: hold: an element without <send> takes the voice away, a later one gives it back', () => {
    const held = partial('<participantstreamassoc participant_id="p2"><recv>m1</recv></participantstreamassoc>');
    const back = partial('<participantstreamassoc participant_id="p2"><send>m2</send></participantstreamassoc>');
    expect(spoke(told(rfc, held, back))).toEqual(['p1 on 1 1000-', 'p2 on 2 1000-2000', 'p2 on 2 3000-']);
  });

  it('R-SIP-2: a participant that leaves the session speaks no more, whatever its streams say', () => {
    const left = partial(
      '<participantsessionassoc participant_id="p2" session_id="s1"><disassociate-time>t</disassociate-time></participantsessionassoc>',
    );
    expect(spoke(told(rfc, left))).toEqual(['p1 on 1 1000-', 'p2 on 2 1000-2000']);
  });

  it('R-SIP-2: an end without streams ends all of them; Oracle puts it into the participant', () => {
    const left = partial(
      '<participantstreamassoc participant_id="p1"><disassociate-time>t</disassociate-time></participantstreamassoc>',
    );
    expect(spoke(told(rfc, left))[0]).toBe('p1 on 1 1000-2000');
    const gone = oracle.replace(
      '<send>m2</send>',
      '<send>m2</send><disassociate-time>2030-01-01T10:01:00</disassociate-time>',
    );
    expect(spoke(told(oracle, gone))).toEqual(['p1 on 1 1000-', 'p2 on 2 1000-2000']);
  });

  it('R-SIP-2: conference: a third voice on its own stream', () => {
    const joined = partial(`${carol}<stream stream_id="m3" session_id="s1"><label>3</label></stream>
      <participantsessionassoc participant_id="p3" session_id="s1"/>
      <participantstreamassoc participant_id="p3"><send>m3</send></participantstreamassoc>`);
    expect(spoke(told(rfc, joined))).toEqual(['p1 on 1 1000-', 'p2 on 2 1000-', 'p3 on 3 2000-']);
  });

  it('R-SIP-2, R-CTI-5: calls in turn and at once are told apart, each with its couples', () => {
    const stopped = partial('<session session_id="s1"><stop-time>t</stop-time></session>');
    const second =
      partial(`${carol}<session session_id="s2"/><stream stream_id="m4" session_id="s2"><label>1</label></stream>
      <participantsessionassoc participant_id="p1" session_id="s2"/><participantsessionassoc participant_id="p3" session_id="s2"/>
      <participantstreamassoc participant_id="p3"><send>m4</send></participantstreamassoc>`);
    const history = told(rfc, stopped, second);
    expect(history.calls).toMatchObject([
      { id: 's1', fromMs: 1_000, toMs: 2_000 },
      { id: 's2', fromMs: 3_000 },
    ]);
    expect(couplesOf(history.calls)).toEqual([
      { call: 's1', between: ['p1', 'p2'], fromMs: 1_000, toMs: 2_000 },
      { call: 's2', between: ['p1', 'p3'], fromMs: 3_000 },
    ]);
    expect(spoke(history)).toEqual(['p1 on 1 1000-2000', 'p2 on 2 1000-2000', 'p3 on 1 3000-']);
    const atOnce = told(rfc, second);
    expect(atOnce.calls.every((one) => one.toMs === undefined)).toBe(true);
  });

  it('R-SIP-2: a call is over when its recording association is', () => {
    const over = partial(
      '<sessionrecordingassoc session_id="s1"><disassociate-time>t</disassociate-time></sessionrecordingassoc>',
    );
    expect(told(rfc, over).calls).toMatchObject([{ id: 's1', toMs: 2_000 }]);
  });

  it('R-SIP-2: only metadata that builds on something unknown needs a snapshot', () => {
    const known = told(rfc).current;
    const strange = parseMetadata(
      partial('<participantstreamassoc participant_id="p9"><send>m1</send></participantstreamassoc>'),
    );
    expect(needsSnapshot(undefined, parseMetadata(rfc))).toBe(false);
    expect(needsSnapshot(undefined, parseMetadata(partial('')))).toBe(true);
    expect(needsSnapshot(known, parseMetadata(partial(carol)))).toBe(false);
    expect(needsSnapshot(known, strange)).toBe(true);
  });

  it('R-SIP-3: what is kept is bounded, however much is told', () => {
    let history: MetadataHistory | undefined;
    for (let round = 0; round < 4; round += 1) {
      const many = Array.from({ length: 400 }, (_, at) => `<participant participant_id="p${round}-${at}"/>`);
      history = withUpdate(history, parseMetadata(partial(many.join(''))), round);
    }
    expect(history!.current.participants).toHaveLength(metadataEntriesMax);
  });
});
