import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eventOf, type RegistrationStep, Registrations, type TLibEvent } from '#src/cti';

const runs = process.env['TWINREEL_FULL'] ? 3_000 : 300;
const connId = '0071022ec8ac8056';
const answeredWith = (answer: TLibEvent) => ({ outcome: 'answered', answer }) as const;

type Step = Extract<RegistrationStep, { step: 'ask' }>;

/** The other side: who is registered there, and what was asked and not answered yet. */
class Server {
  readonly registered = new Set<string>();
  readonly open: Step[] = [];

  answer({ request, dn }: Step): TLibEvent {
    switch (request.message) {
      case 'RequestRegisterAddress':
        if (dn.startsWith('x')) return eventOf('EventError', { ErrorCode: 59, ThisDN: dn });
        this.registered.add(dn);
        return eventOf('EventRegistered', { ThisDN: dn });
      case 'RequestUnregisterAddress':
        this.registered.delete(dn);
        return eventOf('EventUnregistered', { ThisDN: dn });
      case 'RequestQueryAddress':
        return eventOf('EventAddressInfo', {
          ThisDN: dn,
          Extensions: [
            ['conn-1', connId],
            ['ps-1', 12],
          ],
        });
      default:
        return eventOf('EventPartyInfo', { ThisDN: dn, ConnID: connId });
    }
  }
}

describe('registrations', () => {
  it('R-CTI-1: a DN is registered, then asked for its state, then for each of its calls', () => {
    const registrations = new Registrations({ windowMax: 10, retryMs: 100 });
    const server = new Server();
    registrations.want(['3556']);
    expect(registrations.next(0)).toBeUndefined();
    registrations.start();
    const asked: string[] = [];
    let step = registrations.next(0);
    while (step?.step === 'ask') {
      asked.push(step.request.message);
      step = registrations.answered('3556', answeredWith(server.answer(step)), 0);
    }
    expect(asked).toEqual(['RequestRegisterAddress', 'RequestQueryAddress', 'RequestQueryCall']);
    expect(step).toMatchObject({ step: 'stands', state: { parties: [{ partyState: 12, call: { ConnID: connId } }] } });
  });

  it('R-CTI-3: a DN that is registered can be asked about again, and is registered once all the same', () => {
    const registrations = new Registrations({ windowMax: 1, retryMs: 100 });
    const server = new Server();
    registrations.want(['3556', '3557']);
    registrations.start();
    expect(registrations.query('3556')).toBeUndefined();
    let step = registrations.next(0);
    expect(registrations.query('3557')).toBeUndefined();
    while (step?.step === 'ask') step = registrations.answered('3556', answeredWith(server.answer(step)), 0);
    step = registrations.query('3556');
    expect(step).toMatchObject({ step: 'ask', request: { message: 'RequestQueryAddress' } });
    while (step?.step === 'ask') step = registrations.answered('3556', answeredWith(server.answer(step)), 0);
    expect(step).toMatchObject({ step: 'stands', state: { parties: [{ partyState: 12 }] } });
    expect(registrations.progress).toEqual({ wanted: 2, registered: 1, refused: 0, outstanding: 0 });
  });

  it.each([
    ['its own part in the call', { ThisDN: '3556' }, 1],
    ['no name', {}, 1],
    // It has left the call since the server said that it is in it.
    ['somebody else who is in the call', { ThisDN: '5550310' }, 0],
  ])('R-CTI-3: a DN is in a call of which the server tells it %s: %o', (_, named, calls) => {
    const registrations = new Registrations({ windowMax: 1, retryMs: 100 });
    const server = new Server();
    registrations.want(['3556']);
    registrations.start();
    let step = registrations.next(0);
    while (step?.step === 'ask') {
      const isCall = step.request.message === 'RequestQueryCall';
      const answer = isCall ? eventOf('EventPartyInfo', { ConnID: connId, ...named }) : server.answer(step);
      step = registrations.answered('3556', answeredWith(answer), 0);
    }
    const state = step?.step === 'stands' && step.state.phase === 'known' ? step.state : undefined;
    expect(state?.parties).toHaveLength(calls);
  });

  it('R-CTI-3: a DN whose state the server will not tell is registered all the same', () => {
    const registrations = new Registrations({ windowMax: 10, retryMs: 100 });
    registrations.want(['3556']);
    registrations.start();
    registrations.next(0);
    registrations.answered('3556', answeredWith(eventOf('EventRegistered', { ThisDN: '3556' })), 0);
    const step = registrations.answered('3556', { outcome: 'timed-out' }, 0);
    expect(step).toEqual({
      step: 'stands',
      dn: '3556',
      state: { phase: 'unknown', dn: '3556', why: 'no answer in time' },
    });
    expect(registrations.progress.registered).toBe(1);
  });

  it('R-CTI-1: whatever is wanted, dropped, answered or lost in whatever order: never more than the window is open, and in the end exactly what is wanted stands', () => {
    const dn = fc.constantFrom('1', '2', '3', '4', '5', 'x1', 'x2');
    const move = fc.oneof(
      fc.record({ move: fc.constant('want' as const), dn }),
      fc.record({ move: fc.constant('drop' as const), dn }),
      fc.record({ move: fc.constant('query' as const), dn }),
      fc.record({ move: fc.constant('lost' as const), dn }),
      fc.record({ move: fc.constant('answer' as const), which: fc.nat(5) }),
      fc.record({ move: fc.constant('time-out' as const), which: fc.nat(5) }),
      fc.constant({ move: 'restart' as const }),
      fc.constant({ move: 'later' as const }),
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 60 }), fc.integer({ min: 1, max: 3 }), (moves, windowMax) => {
        const registrations = new Registrations({ windowMax, retryMs: 10 });
        let server = new Server();
        const wanted = new Set<string>();
        let nowMs = 0;
        const follow = (step: RegistrationStep | undefined) => {
          if (step?.step === 'ask') server.open.push(step);
        };
        const pump = () => {
          for (let step = registrations.next(nowMs); step; step = registrations.next(nowMs)) follow(step);
          expect(new Set(server.open.map((one) => one.dn)).size).toBeLessThanOrEqual(windowMax);
        };
        const settle = (which: number, isAnswered: boolean) => {
          const [step] = server.open.splice(which % Math.max(1, server.open.length), 1);
          if (!step) return;
          const answer = server.answer(step); // a request that times out has had its effect
          follow(registrations.answered(step.dn, isAnswered ? answeredWith(answer) : { outcome: 'timed-out' }, nowMs));
        };
        const want = (one: string) => {
          wanted.add(one);
          registrations.want([one]);
        };
        const drop = (one: string) => {
          wanted.delete(one);
          registrations.drop([one]);
        };
        registrations.start();
        for (const one of moves) {
          if (one.move === 'want') want(one.dn);
          else if (one.move === 'drop') drop(one.dn);
          else if (one.move === 'query') follow(registrations.query(one.dn));
          else if (one.move === 'lost') {
            server.registered.delete(one.dn);
            registrations.lost(one.dn, nowMs);
            const isMoot = (step: Step) => step.dn === one.dn && step.request.message.startsWith('RequestQuery');
            server.open.splice(0, Infinity, ...server.open.filter((step) => !isMoot(step)));
          } else if (one.move === 'answer') settle(one.which, true);
          else if (one.move === 'time-out') settle(one.which, false);
          else if (one.move === 'later') nowMs += 10;
          else {
            server = new Server();
            registrations.start();
          }
          pump();
        }
        const reachable = [...wanted].filter((one) => !one.startsWith('x'));
        for (let round = 0; round < 300 && registrations.progress.registered < reachable.length; round += 1) {
          if (server.open.length === 0) nowMs += 10;
          settle(0, true);
          pump();
        }
        expect(registrations.progress).toMatchObject({ wanted: wanted.size, registered: reachable.length });
        expect(reachable.filter((one) => !server.registered.has(one))).toEqual([]);
      }),
      { seed: 9, numRuns: runs },
    );
  });
});
