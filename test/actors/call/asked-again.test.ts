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

/** A call whose recording was lost with its recorder at 0 s. */
class Bereft {
  readonly facts: CallFact[] = [];
  readonly clock = new VirtualClock();
  /** Seconds at which its recording was asked for since then. */
  readonly asked: number[] = [];
  state: CallState | undefined;

  constructor() {
    for (const message of [party('established'), session('t1'), lost('t1')]) this.hear(message);
    this.asked.shift();
  }

  hear(message: CallMessage): void {
    const { state, facts, effects } = decide(this.state, message, this.clock.nowMs(), name, settings);
    this.state = state;
    this.facts.push(...facts);
    for (const effect of effects) {
      if (effect.type === 'private-service' && effect.service === 'start')
        this.asked.push(Math.round(this.clock.monotonicMs() / 1_000));
      if (effect.type !== 'await-recording') continue;
      this.clock.after(effect.ms, () => this.hear({ ...effect, type: 'recording-due' }));
    }
  }

  /** Each at its second; then so many seconds go by. */
  play(messages: readonly (readonly [atS: number, message: CallMessage])[], seconds: number): number[] {
    for (const [atS, message] of messages) this.clock.after(atS * 1_000, () => this.hear(message));
    this.clock.advance(seconds * 1_000);
    return this.asked;
  }
}

function party(what: PartyHappening): CallMessage {
  const event: PartyEvent = { what, dn: '3556', connId: '0071022ec8ac8056', atMs: 0, partyUuid: 'P1' };
  return { type: 'party', event };
}

type Dialog = SessionNews['dialogs'][number];

/** Both parties of it, unless `sides` says what became of each of them. */
function session(
  take: string,
  phase: SessionNews['phase'] = 'recording',
  sides: readonly Partial<Dialog>[] = [{}, {}],
) {
  const dialog = { callId: 'c', fromTag: 't', source: 'x', invitedMs: 1, metadata: {}, phase: 'answered' } as const;
  const news: SessionNews = {
    ...{ take, recordingId, tenant: 'acme', node: take, form: 'msr', phase, startedMs: 1, callUuid: 'U1' },
    ...{ recordDn: '3556', paused: false, pauses: [], streams: [] },
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
const refusal = { type: 'refused', sid: '', code: 'cti-refused', detail: '503' } as const;

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
    expect(new Bereft().play(messages, 58).slice(0, asked.length + 1)).toEqual(asked);
  });

  it('R-HA-1: is asked for whatever telephony answers, for about an hour', () => {
    const call = new Bereft();
    const [sid] = call.state!.couples.keys();
    call.hear({ ...refusal, sid: sid! });
    const asked = call.play([], 2 * 3_600);
    expect(asked).toHaveLength(240);
    expect(asked.at(-1)).toBeGreaterThan(3_500);
  });

  it('R-SUP-1, R-HA-1: is asked for by whoever comes after a crash', () => {
    const call = new Bereft();
    call.play([], 3);
    const again = call.facts.reduce<CallState | undefined>(apply, undefined)!;
    expect(recover(again, settings)).toContainEqual(expect.objectContaining({ type: 'await-recording', attempt: 2 }));
    call.hear(session('t2'));
    expect(recover(call.state!, settings).map(({ type }) => type)).not.toContain('await-recording');
  });
});
