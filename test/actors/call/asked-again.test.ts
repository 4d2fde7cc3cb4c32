import { describe, expect, it } from 'vitest';
import {
  apply,
  type CallFact,
  type CallMessage,
  type CallSettings,
  type CallState,
  decide,
  type PartyEvent,
  type PartyHappening,
  recover,
} from '#actors/call';
import { parseConfig } from '#src/config';
import { recordingIdOf } from '#src/ids';
import { metadataSchema } from '#src/metadata';
import { VirtualClock } from '#src/ports';
import type { SessionNews } from '#src/recording';
import { RuleBook, rulesOfDns } from '#src/rules';
import { acting } from './acting.ts';

const name = { tenant: 'acme', switch: 'sw', callUuid: 'U1' };
const recordingId = recordingIdOf({ tenant: 'acme', callUuid: 'U1', dn: '3556', partyUuid: 'P1' }, 'sw');
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

type Answer = 'accepted' | keyof typeof failures;

/** A call that begins at 0 s. */
class Heard {
  readonly facts: CallFact[] = [];
  readonly clock = new VirtualClock();
  /** Seconds at which its recording was asked for. */
  readonly asked: number[] = [];
  state: CallState | undefined;
  /** What telephony says to the next requests, and from the last one on. */
  readonly #answers: Answer[];

  constructor(...answers: Answer[]) {
    this.#answers = answers;
    this.hear(party('established'));
  }

  hear(message: CallMessage): void {
    const { state, facts, effects } = decide(this.state, message, this.clock.nowMs(), name, settings);
    this.state = state;
    this.facts.push(...facts);
    for (const effect of effects) {
      if (effect.type === 'private-service' && effect.service === 'start') this.#ask(effect.sid);
      if (effect.type === 'await-recording')
        this.clock.after(effect.ms, () => this.hear({ ...effect, type: 'recording-due' }));
    }
  }

  #ask(sid: string): void {
    this.asked.push(this.clock.monotonicMs() / 1_000);
    const answer = this.#answers.length > 1 ? this.#answers.shift() : this.#answers[0];
    if (answer === undefined) return;
    if (answer === 'accepted') this.clock.after(1, () => this.hear({ type: 'accepted', sid }));
    else {
      const { afterMs, ...failure } = failures[answer];
      this.clock.after(afterMs, () => this.hear({ type: 'refused', sid, detail: answer, ...failure }));
    }
  }

  /** Each at its second; then so many seconds go by. */
  play(messages: readonly (readonly [atS: number, message: CallMessage])[], seconds: number): number[] {
    for (const [atS, message] of messages) this.clock.after(atS * 1_000, () => this.hear(message));
    this.clock.advance(seconds * 1_000);
    return this.asked;
  }
}

const failures = {
  passing: { afterMs: 0, code: 'cti-refused' },
  lasting: { afterMs: 0, code: 'cti-refused', isForGood: true },
  silent: { afterMs: 5_000, code: 'cti-timed-out' },
} as const;

/** Its recording was lost with its recorder at 0 s. */
function bereft(): Heard {
  const call = new Heard();
  for (const message of [session('t1'), lost('t1')]) call.hear(message);
  call.asked.shift();
  return call;
}

function party(what: PartyHappening, userData?: Record<string, string>): CallMessage {
  const event: PartyEvent = { what, dn: '3556', connId: '0071022ec8ac8056', atMs: 0, partyUuid: 'P1' };
  return { type: 'party', event: { ...event, ...(userData && { userData }) } };
}

type Dialog = SessionNews['dialogs'][number];

/** Both parties of it, unless `sides` says what became of each of them. */
function session(
  take: string,
  phase: SessionNews['phase'] = 'recording',
  sides: readonly Partial<Dialog>[] = [{}, {}],
  streams: SessionNews['streams'] = [],
) {
  const dialog = { callId: 'c', fromTag: 't', source: 'x', invitedMs: 1, metadata: {}, phase: 'answered' } as const;
  const news: SessionNews = {
    ...{ take, recordingId, tenant: 'acme', node: take, form: 'msr', phase, startedMs: 1, callUuid: 'U1' },
    ...{ recordDn: '3556', paused: false, pauses: [], streams },
    dialogs: sides.map((side, at) => ({ ...dialog, dialog: `d${at}`, ...side })),
  };
  return { type: 'session', news } as const;
}

function lost(take: string): CallMessage {
  return { type: 'takes-lost', takes: [take] };
}

const opening = { phase: 'opening' } as const;
const ended = (endReason: string) => ({ phase: 'ended', endReason }) as const;
const refused = (take: string, sides = [ended('refused'), ended('cancel')]) => session(take, 'lingering', sides);
/** Of a dialog that came at 1 ms. */
const hungUpAt = (endedMs: number) => ({ ...ended('bye'), endedMs });
const heard: SessionNews['streams'][number] = {
  stream: 's',
  dialog: 'd0',
  party: '3556',
  phase: 'closed',
  codecs: [],
  packets: 1,
};
const bothDns = (side: Partial<Dialog>) => ['3556', '3557'].map((dn) => ({ dn, ...side }));
const refusedSides = bothDns(ended('refused'));
const refusal = { type: 'refused', sid: '', code: 'cti-refused', detail: '503' } as const;

describe('a recording that telephony refuses when it is asked for first', () => {
  it.each<[string, Answer[], [atS: number, message: CallMessage][], number[]]>([
    ['is asked for later and later while nobody records it', ['passing'], [], [0, 0.5, 1.5, 3.5, 7.5, 15.5, 25.5]],
    ['is asked for once when it would be refused for good', ['lasting'], [], [0]],
    ['is asked for no more once it would be refused for good', ['passing', 'lasting'], [], [0, 0.5]],
    ['is asked for after every silence', ['silent'], [], [0, 5.5, 7.5, 11.5, 16.5]],
    [
      'is left once telephony accepts it and a recorder has it',
      ['passing', 'accepted'],
      [[0.6, session('t1')]],
      [0, 0.5],
    ],
    ['is left when somebody has it recorded all the same', ['passing'], [[0.3, session('t1')]], [0]],
    ['is left when its party goes', ['passing'], [[2, party('released')]], [0, 0.5, 1.5]],
    [
      'is left while a recorder has not answered yet, and asked for when that one has refused',
      ['passing'],
      [
        [0.3, session('t1', 'recording', [opening, opening])],
        [4, refused('t1')],
      ],
      [0, 4.5, 5.5, 7.5, 11.5, 19.5],
    ],
  ])('R-HA-1: %s', (_, answers, messages, asked) => {
    expect(new Heard(...answers).play(messages, 28).slice(0, asked.length + 1)).toEqual(asked);
  });

  it('R-HA-1: is asked for while the attached data tells of none, and its couple says what was wrong', () => {
    const call = new Heard('passing');
    call.play([[1, party('data-changed', { GSIP_RECORD: 'ON' })]], 10);
    expect(call.asked).toEqual([0, 0.5]);
    call.play([[0, party('data-changed', { GSIP_RECORD: 'OFF' })]], 60);
    expect(call.asked.length).toBeGreaterThan(5);
    expect([...call.state!.couples.values()][0]!.request).toMatchObject({
      phase: 'refused',
      why: 'cti-refused: passing',
    });
  });

  it('R-SUP-1, R-HA-1: is asked for by whoever comes after a crash', () => {
    const call = new Heard('passing');
    call.clock.advance(100);
    const again = call.facts.reduce<CallState | undefined>(apply, undefined)!;
    expect(recover(again, settings)).toContainEqual(expect.objectContaining({ type: 'await-recording', attempt: 0 }));
  });
});

describe('a recording that telephony grants when it is asked for first, and no recorder makes', () => {
  const turned = (state: 'ON' | 'OFF') => party('data-changed', { GSIP_RECORD: state });

  it.each<[string, [atS: number, message: CallMessage][], number[]]>([
    ['is asked for later and later', [], [0, 2, 4, 8, 16]],
    ['is asked for no more once a recorder has it', [[3, session('t1')]], [0, 2]],
    ['is left while the attached data tells of it', [[0.1, turned('ON')]], [0]],
    [
      'is asked for soon after the attached data says that it could not be made, and later and later',
      [
        [0.1, turned('ON')],
        [1.2, turned('OFF')],
        [1.8, turned('ON')],
        [2, turned('OFF')],
      ],
      [0, 1.7, 3],
    ],
    [
      'is left when it was made before the attached data says that it is not any more',
      [
        [0.1, turned('ON')],
        [0.2, session('t1', 'lingering', [ended('bye'), ended('bye')])],
        [0.3, turned('OFF')],
      ],
      [0],
    ],
    [
      'is asked for soon when a recorder answered after whoever brought it had given up',
      [
        [0.1, turned('ON')],
        [0.9, session('t1', 'finishing', [hungUpAt(48), hungUpAt(48)])],
        [1.2, turned('OFF')],
      ],
      [0, 1.7, 3.7],
    ],
    [
      'is left when it was made for a second or more, though nobody said anything',
      [
        [0.1, turned('ON')],
        [1.1, session('t1', 'finishing', [hungUpAt(48), hungUpAt(1_001)])],
        [1.2, turned('OFF')],
      ],
      [0],
    ],
    [
      'is left when anything of it was received',
      [
        [0.1, turned('ON')],
        [0.9, session('t1', 'finishing', [hungUpAt(48), hungUpAt(48)], [heard])],
        [1.2, turned('OFF')],
      ],
      [0],
    ],
    [
      'is left when its party goes',
      [
        [0.1, turned('ON')],
        [1, turned('OFF')],
        [1.2, party('released')],
      ],
      [0],
    ],
  ])('R-HA-1: %s', (_, messages, asked) => {
    const begins = new Heard('accepted').play(messages, 28).map((atS) => Math.round(10 * atS) / 10);
    expect(begins.slice(0, asked.length === 1 ? 2 : asked.length)).toEqual(asked);
  });

  it('R-SUP-1, R-HA-1: is looked for by whoever comes after a crash', () => {
    const call = new Heard('accepted');
    call.clock.advance(100);
    const again = call.facts.reduce<CallState | undefined>(apply, undefined)!;
    expect(recover(again, settings)).toContainEqual(expect.objectContaining({ type: 'await-recording', attempt: 0 }));
  });
});

describe('a recording that was lost and is asked for again in vain', () => {
  it.each([
    ['is asked for later and later while nobody records it', [], [0, 2, 6, 14, 29, 44]],
    ['is asked for no more once a recorder has it', [[5, session('t2')]], [0, 2]],
    ['is left to a recorder that has not answered yet', [[1, session('t2', 'recording', [opening, opening])]], [0]],
    [
      'is asked for after every recorder has refused it',
      [
        [1, session('t2', 'recording', [opening, opening])],
        [3, refused('t2')],
        [3, refused('t3')],
      ],
      [0, 4, 8, 16, 31, 46],
    ],
    [
      'is refused when one side of it is',
      [[1, refused('t2', [ended('bye'), ended('refused')])]],
      [0, 2, 6, 14, 29, 44],
    ],
    [
      'is asked for when the side that was not refused has ended, too',
      [
        [1, session('t2', 'recording', [{}, ended('refused')])],
        [3, refused('t2', [ended('bye'), ended('refused')])],
      ],
      [0, 4, 8, 16, 31, 46],
    ],
    [
      'is left when it was made after a refusal, and somebody has ended it',
      [
        [1, session('t2', 'recording', [...refusedSides, ...bothDns({ phase: 'answered' })])],
        [10, session('t2', 'lingering', [...refusedSides, ...bothDns(ended('bye'))])],
      ],
      [0],
    ],
    [
      'is asked for when the recorder that has refused it knows it no more',
      [
        [1, refused('t2')],
        [1.5, lost('t2')],
      ],
      [0, 2, 6, 14, 29, 44],
    ],
    ['is left when somebody has ended it', [[1, session('t2', 'lingering', [ended('bye'), ended('bye')])]], [0]],
    ['is left when its party goes', [[1, party('released')]], [0]],
    ['is asked for while its party is on hold', [[1, party('held')]], [0, 2, 6, 14, 29, 44]],
    [
      'begins anew when it is lost once more',
      [
        [10, session('t2')],
        [20, lost('t2')],
      ],
      [0, 2, 6, 20, 22, 26, 34, 49],
    ],
    [
      'is asked for at once when one recorder has refused it and the other one is lost',
      [
        [1, refused('t2')],
        [1, session('t3')],
        [10, lost('t3')],
      ],
      [0, 10, 12, 16, 24, 39, 54],
    ],
  ] as const)('R-HA-1: %s', (_, messages, asked) => {
    expect(
      bereft()
        .play(messages, 58)
        .slice(0, asked.length + 1),
    ).toEqual(asked);
  });

  it('R-HA-1: is asked for whatever telephony answers, for about an hour', () => {
    const call = bereft();
    const [sid] = call.state!.couples.keys();
    call.hear({ ...refusal, sid: sid! });
    const asked = call.play([], 2 * 3_600);
    expect(asked).toHaveLength(240);
    expect(asked.at(-1)).toBeGreaterThan(3_500);
  });

  it('R-SUP-1, R-HA-1: is asked for by whoever comes after a crash', () => {
    const call = bereft();
    call.play([], 3);
    const again = call.facts.reduce<CallState | undefined>(apply, undefined)!;
    expect(recover(again, settings)).toContainEqual(expect.objectContaining({ type: 'await-recording', attempt: 2 }));
    call.hear(session('t2'));
    expect(recover(call.state!, settings).map(({ type }) => type)).not.toContain('await-recording');
  });
});
