import { describe, expect, it } from 'vitest';
import {
  type CallEffect,
  type CallMessage,
  type CallSettings,
  type CallState,
  decide,
  type PartyEvent,
  type PartyHappening,
  recover,
} from '#actors/call';
import { parseConfig } from '#src/config';
import { coupleId, recordingIdOf } from '#src/ids';
import { metadataSchema } from '#src/metadata';
import { VirtualClock } from '#src/ports';
import type { SessionNews } from '#src/recording';
import { RuleBook, rulesOfDns } from '#src/rules';
import type { Duty } from '#src/shards';

const name = { tenant: 'acme', switch: 'sw', callUuid: '00RV9H7S6O8V3BSHAG7GK2LAES00002M' };
const named = { tenant: 'acme', callUuid: name.callUuid, dn: '3556', partyUuid: 'P1' };
const [sid, recordingId] = [coupleId(named), recordingIdOf(named, 'sw')];
const mandate = { shard: 'acme/3', epoch: { n: 7, holder: 'a/core/1' } };
const acts: Duty = { phase: 'acts', ...mandate };
const standsBy: Duty = { phase: 'stands-by', twin: mandate };

/** A core that observes one call, and what it has others do, each with the milliseconds since the beginning. */
class Core {
  duty: Duty;
  state: CallState | undefined;
  /** Who hears what it has its twin told. */
  twin: Core | undefined;
  readonly done: string[] = [];
  readonly effects: CallEffect[] = [];
  readonly #clock: VirtualClock;
  readonly #settings: CallSettings;

  constructor(duty: Duty, clock: VirtualClock, more: Partial<CallSettings> = {}) {
    this.duty = duty;
    this.#clock = clock;
    const { notification } = parseConfig('', 'defaults').core.tenantDefaults;
    this.#settings = {
      ...{ mediaMsMax: 10_000, lingerMs: 5_000, enquireMs: 10_000, afterCallWorkMsMax: 60_000, keepMs: 60_000 },
      ...{ packetsMin: 40, metadata: metadataSchema.parse({}), asking: {} },
      notification: { ...notification, audio: true, video: false },
      rules: new RuleBook(rulesOfDns([])),
      ...{ duty: () => this.duty, twinWaitMs: 300, restartsLost: true, lostLingerMs: 900_000 },
      ...more,
    };
  }

  hear(message: CallMessage): void {
    const { state, effects } = decide(this.state, message, this.#clock.nowMs(), name, this.#settings);
    this.state = state;
    this.#perform(effects);
  }

  /** What its successor does first. */
  recover(): void {
    this.#perform(recover(this.state!, this.#settings));
  }

  #perform(effects: readonly CallEffect[]): void {
    this.effects.push(...effects);
    for (const effect of effects) {
      const at = Math.round(this.#clock.monotonicMs());
      if (effect.type === 'tell-asked') this.twin?.hear({ type: 'asked-told', sid });
      else if (effect.type === 'private-service') this.done.push(`${at} ${effect.service}`);
      else if (effect.type === 'order') this.done.push(`${at} order ${effect.command}`);
      else if (effect.type === 'destroy') this.done.push(`${at} destroy ${effect.take}`);
      else if (effect.type === 'attach') this.done.push(`${at} attach ${Object.values(effect.data)}`);
      else if (effect.type === 'await-effect')
        this.#clock.after(effect.ms, () => this.hear({ ...effect, type: 'effect-due' }));
      else if (effect.type === 'await-notice')
        this.#clock.after(effect.ms, () => this.hear({ ...effect, type: 'notice-due' }));
      else if (effect.type === 'await-destroy')
        this.#clock.after(effect.ms, () =>
          this.hear({ type: 'destroy-due', sid: effect.sid, take: effect.take, attempt: 1 }),
        );
    }
  }
}

function party(what: PartyHappening, userData?: Record<string, string>): CallMessage {
  const event: PartyEvent = { what, dn: '3556', connId: '0071022ec8ac8056', atMs: 0, partyUuid: 'P1', otherDn: '0412' };
  return { type: 'party', event: { ...event, callType: 'inbound', ...(userData && { userData }) } };
}

function session(more: Partial<SessionNews> = {}): CallMessage {
  const dialog = { dialog: 'd', callId: 'c', fromTag: 't', source: 'x', invitedMs: 1, metadata: {} };
  const news: SessionNews = {
    ...{ take: 't1', recordingId, tenant: 'acme', node: 'n1', form: 'msr', phase: 'recording', startedMs: 1 },
    ...{ callUuid: name.callUuid, recordDn: '3556', paused: false, pauses: [], streams: [] },
    dialogs: [{ ...dialog, phase: 'answered', dn: '3556' }],
    ...more,
  };
  return { type: 'session', news };
}

/** Two cores; what happens is heard by both, unless it names one. */
function twins(happenings: readonly (readonly [atMs: number, message: CallMessage, to?: 'acting' | 'standing by'])[]) {
  const clock = new VirtualClock();
  const [acting, standing] = [new Core(acts, clock), new Core(standsBy, clock)];
  acting.twin = standing;
  for (const [atMs, message, to] of happenings)
    clock.after(atMs, () => {
      if (to !== 'standing by') acting.hear(message);
      if (to !== 'acting') standing.hear(message);
    });
  clock.advance(2_000);
  return { clock, acting, standing };
}

const recorded = [
  [0, party('established')],
  [40, session()],
  [60, party('data-changed', { RECORDING_STATUS_GIM: 'RECORDING_YES' })],
] as const;

const early = coupleId({ ...named, partyUuid: '' }); // media came before any event
describe('twins', () => {
  it.each([
    ['the event', [[10, party('established'), 'standing by']], [early], [sid]],
    ['no event', [], [early], undefined],
  ] as const)(
    'R-HA-2: who hears of the media before %s says which couple of its twin it is',
    (_, later, sids, sameAs) => {
      const seen = twins([[0, party('established'), 'acting'], [5, session(), 'standing by'], ...later]);
      const [acting, standing] = [seen.acting, seen.standing].map(({ effects }) =>
        effects.flatMap((one) => (one.type === 'tell' ? [one.word.couple] : [])),
      );
      expect(acting!.at(-1)).toMatchObject({ sid, partyUuid: 'P1' });
      expect(acting!.at(-1)!.sameAs).toBeUndefined();
      expect([...new Set(standing!.map((one) => one.sid))]).toEqual(sids);
      expect(standing!.at(-1)!.sameAs).toEqual(sameAs);
    },
  );

  it('R-CTI-4: media of which no event told is not that of who comes to the same DN after it has ended', () => {
    const clock = new VirtualClock();
    const core = new Core(acts, clock);
    core.hear(session());
    core.hear(session({ phase: 'finished', endedMs: 1 }));
    clock.advance(60_000);
    const { event } = party('established') as Extract<CallMessage, { type: 'party' }>;
    core.hear({ type: 'party', event: { ...event, atMs: clock.nowMs() } });
    expect([...core.state!.couples.keys()]).toEqual([early, sid]);
    expect(core.done).toContain('60000 start');
  });

  it.each([
    ['a session', [[250, session()]], []],
    ['GSIP_RECORD', [[250, party('data-changed', { GSIP_RECORD: 'ON' })]], []],
    ['nothing', [], ['300 start']],
    ['GSIP_RECORD too late', [[301, party('data-changed', { GSIP_RECORD: 'ON' })]], ['300 start']],
    ['the end of the call', [[200, party('released')]], []],
  ] as const)('R-HA-2: who stands by asks after 300 ms if it sees no effect; it sees %s', (_, seen, done) => {
    const { acting, standing } = twins([[0, party('established')], ...seen]);
    expect(acting.done.filter((one) => one.endsWith('start'))).toEqual(['0 start']);
    expect(standing.done.filter((one) => one.endsWith('start'))).toEqual(done);
  });

  it('R-HA-2: both ask for the same recording, and keep the same couple', () => {
    const { acting, standing } = twins([[0, party('established')]]);
    const ids = [acting, standing].map(({ effects }) =>
      effects.flatMap((one) => (one.type === 'private-service' ? [[one.sid, one.recordingId]] : [])),
    );
    expect(ids).toEqual([[[sid, recordingId]], [[sid, recordingId]]]);
    const seen = twins(recorded);
    const couples = [seen.acting, seen.standing].map(({ effects }) =>
      effects.flatMap((one) => (one.type === 'tell' ? [one.word.couple] : [])).at(-1),
    );
    expect(couples[0]).toEqual(couples[1]);
  });

  it('R-HA-2: who stands by when it is restarted waits anew for what was asked', () => {
    const { clock, standing } = twins([]);
    standing.hear(party('established'));
    const successor = new Core(standsBy, clock);
    successor.state = standing.state;
    successor.recover();
    clock.advance(299);
    expect(successor.done).toEqual([]);
    clock.advance(1);
    expect(successor.done).toEqual(['2300 start']);
  });

  it('R-NOT-1: what is attached is written by the one who acts, and not again by its twin', () => {
    const { acting, standing } = twins(recorded);
    expect(acting.done).toEqual(['0 start', '0 attach RECORDING_NO', '40 attach RECORDING_YES']);
    expect(standing.done).toEqual([]);
  });

  it('R-NOT-1: nobody has attached it for 300 ms: its twin does, once', () => {
    const { standing } = twins([
      [0, party('established'), 'standing by'],
      [10, session(), 'standing by'],
    ]);
    expect(standing.done).toEqual(['310 attach RECORDING_YES']);
  });

  it('R-NOT-2: who is notified hears from the one who acts, from its twin only when that one has asked', () => {
    const isOurs = ({ effects }: Core) => new Set(effects.flatMap((one) => (one.type === 'tell' ? [one.isOurs] : [])));
    const seen = twins(recorded);
    expect([isOurs(seen.acting), isOurs(seen.standing)]).toEqual([new Set([true]), new Set([false])]);
    const alone = twins([[0, party('established'), 'standing by']]);
    alone.standing.effects.length = 0;
    alone.standing.hear(session());
    expect(isOurs(alone.standing)).toEqual(new Set([true]));
  });

  it('R-REC-6, R-HA-2: whoever hears a command orders it, and again when no recorder says that it is so', () => {
    const pause = { type: 'command', command: 'pause', sid, by: 'agent' } as const;
    const unseen = twins([...recorded, [100, pause, 'standing by']]);
    expect(unseen.standing.done).toEqual(['100 order pause', '100 pause', '400 order pause', '400 pause']);
    const order = unseen.standing.effects.find(({ type }) => type === 'order');
    expect(order).toMatchObject({ recordingId, ordering: { by: 'agent', mandate } });
    const seen = twins([
      ...recorded,
      [100, pause, 'standing by'],
      [150, session({ paused: true })],
      [160, party('data-changed', { RECORDING_STATUS_GIM: 'RECORDING_NO_LONGER' })],
    ]);
    expect(seen.standing.done).toEqual(['100 order pause', '100 pause']);
  });

  it('R-REC-6, R-HA-1: what nobody obeyed is ordered again when a recorder that was out of reach tells that it is not so', () => {
    const { standing } = twins([
      ...recorded,
      [100, { type: 'command', command: 'pause', sid, by: 'agent' }, 'standing by'],
      [1_000, session()],
      [1_350, session({ paused: true })],
      [1_400, session({ paused: true })],
    ]);
    expect(standing.done.filter((one) => one.includes('order'))).toEqual([
      '100 order pause',
      '400 order pause',
      '1300 order pause',
    ]);
  });

  it('R-REC-6: a pause that was taken back meanwhile is not repeated', () => {
    const { acting } = twins([
      ...recorded,
      [100, { type: 'command', command: 'pause', sid, by: 'agent' }, 'acting'],
      [120, session({ paused: true })],
      [200, { type: 'command', command: 'resume', sid, by: 'agent' }, 'acting'],
      [220, session()],
    ]);
    expect(acting.done.filter((one) => one.includes('order'))).toEqual(['100 order pause', '200 order resume']);
  });

  it('R-RUL-5, R-HA-2: what a rule forbids is stopped and destroyed by the one who acts, by its twin when that one does not', () => {
    const clock = new VirtualClock();
    const book = new RuleBook(rulesOfDns([]));
    const rules: CallSettings['rules'] = {
      decide: (call) => ({ ...book.decide(call), ...('Card' in call.data && { policy: 'do-not-record' as const }) }),
    };
    const both = [acts, standsBy].map((duty) => new Core(duty, clock, { rules }));
    const hear = (message: CallMessage) => {
      for (const core of both) core.hear(message);
      return both.map(({ done }) => done.filter((one) => /stop|destroy/.test(one)));
    };
    hear(party('established'));
    hear(session());
    hear(party('data-changed', { Card: '1' }));
    clock.advance(299);
    expect(hear(party('data-changed'))).toEqual([['0 order stop', '0 stop'], []]);
    clock.advance(1);
    expect(hear(session({ phase: 'lingering' }))[1]).toEqual(['300 order stop', '300 stop']);
    hear(session({ phase: 'finished', folder: 'f' }));
    clock.advance(300);
    expect(hear(party('data-changed')).map((done) => done.at(-1))).toEqual(['300 destroy t1', '600 destroy t1']);
  });
});

describe('a recording whose recorders are gone', () => {
  const lost = { type: 'takes-lost', takes: ['t1'] } as const;
  const second = session({ take: 't2', node: 'n2' });

  it.each([
    ['is asked for again at once by the one who acts', [...recorded, [100, lost]], ['100 start'], ['1300 start']],
    [
      'is asked for again after 300 ms where the one who acts is gone, too',
      [...recorded, [100, lost, 'standing by']],
      [],
      ['400 start'],
    ],
    [
      'is asked for once where recorders are late to tell of it',
      [...recorded, [100, lost], [1_250, second]],
      ['100 start'],
      [],
    ],
    ['is asked for once', [...recorded, [100, lost], [150, second]], ['100 start'], []],
    [
      'is asked for again when its second recorder is lost, too',
      [
        ...recorded,
        [100, lost],
        [150, second],
        [200, { type: 'takes-lost', takes: ['t2'] }],
        [210, session({ take: 't3' })],
      ],
      ['100 start', '200 start'],
      [],
    ],
    [
      'is asked for again when the recorder that took it up once more is lost once more',
      [...recorded, [100, lost], [150, session()], [500, lost]],
      ['100 start', '500 start'],
      ['1700 start'],
    ],
    ['goes on at the other one with duplication', [...recorded, [50, second], [100, lost]], [], []],
    ['ends with its call', [...recorded, [90, party('released')], [100, lost]], [], []],
    ['was stopped by somebody', [...recorded, [90, session({ phase: 'lingering' })], [100, lost]], [], []],
    [
      'has lost what receives for it',
      [...recorded, [100, session({ phase: 'lingering', dialogs: [{ ...dialogOf(), endReason: 'capture-lost' }] })]],
      ['100 start'],
      ['1300 start'],
    ],
    [
      'comes back with a node that had lost its power, and nobody knows whether it was answered',
      [...recorded, [100, session({ phase: 'lingering', dialogs: [{ ...dialogOf(), endReason: 'answer-unknown' }] })]],
      ['100 start'],
      ['1300 start'],
    ],
  ] as const)('R-HA-1: %s', (_, happenings, byActing, byTwin) => {
    const { acting, standing } = twins(happenings as Parameters<typeof twins>[0]);
    const starts = ({ done }: Core) => done.filter((one) => one.endsWith('start'));
    expect(starts(acting)).toEqual(['0 start', ...byActing]);
    expect(starts(standing)).toEqual(byTwin);
  });

  it('R-HA-1: is left where Detect Recorder Ping is off', () => {
    const core = new Core(acts, new VirtualClock(), { restartsLost: false });
    for (const [, message] of recorded) core.hear(message);
    core.hear(lost);
    expect(core.done.filter((one) => one.endsWith('start'))).toEqual(['0 start']);
  });

  it('R-HA-1: is one couple with two takes', () => {
    const { acting } = twins([...recorded, [100, lost], [150, second]]);
    const { couple } = acting.effects.findLast((one) => one.type === 'tell')!.word;
    expect(couple).toMatchObject({
      sid,
      recordingId,
      takes: [
        { take: 't1', phase: 'lost' },
        { take: 't2', phase: 'running' },
      ],
    });
  });

  it('R-HA-1: is waited for when its call is over: what has become of it belongs to this couple', () => {
    const core = new Core(acts, new VirtualClock());
    const hear = (...messages: CallMessage[]) => {
      for (const message of messages) core.hear(message);
      return core.effects.flatMap((one) => (one.type === 'linger' ? [one.ms] : []));
    };
    expect(hear(party('established'), session(), lost, party('released'))).toEqual([900_000]);
    expect(hear(session({ phase: 'finished', folder: 'f' }))).toEqual([900_000, 5_000]);
  });

  it.each([
    ['that has ended elsewhere is taken back by its name', ['one'], [{ by: 'agent', mandate, orders: ['one'] }]],
    ['of an order that nobody has taken back stands', ['one', 'two'], []],
    ['of no name stands', undefined, []],
  ])('R-REC-6, R-HA-1: the pause with which a recording comes back, %s', (_, orders, takenBack) => {
    const resumed = session({ pauses: [{ fromMs: 1, toMs: 2, by: 'agent', orders: ['one'] }] });
    const kept = {
      take: 't2',
      node: 'n2',
      paused: true,
      pauses: [{ fromMs: 3, by: 'agent', ...(orders && { orders }) }],
    };
    const { acting } = twins([...recorded, [80, resumed], [100, lost], [150, session(kept)]]);
    const resumes = acting.effects.filter((one) => one.type === 'order' && one.command === 'resume');
    expect(resumes.map((one) => one.type === 'order' && one.ordering)).toEqual(takenBack);
  });

  it('R-REC-6, R-HA-1: of a paused one every recorder hears before it is asked for; who comes unpaused is paused at once', () => {
    const paused = session({ paused: true, pauses: [{ fromMs: 1, by: 'agent' }] });
    const { acting } = twins([...recorded, [80, paused], [100, lost], [150, second]]);
    const start = acting.effects.findLast((one) => one.type === 'private-service' && one.service === 'start');
    expect(start).toMatchObject({ pausedFirst: { by: 'agent', mandate } });
    expect(acting.done.filter((one) => one.includes('pause'))).toEqual([
      '150 order pause',
      '150 pause',
      '450 order pause',
      '450 pause',
    ]);
  });
});

function dialogOf() {
  return { dialog: 'd', callId: 'c', fromTag: 't', phase: 'ended', source: 'x', invitedMs: 1, metadata: {} } as const;
}
