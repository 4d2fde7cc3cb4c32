// What every runner of actors must do, told once and run on each: the defects of bare nact that the kit must not have.

import { afterEach, describe, expect, it } from 'vitest';
import {
  type ActorSystem,
  type ActorView,
  type Address,
  type Crash,
  type DeadLetter,
  defineActor,
  defineTree,
  type ReplyTo,
  type SupervisionTree,
} from '#actors/kit';
import type { VirtualClock } from '#src/ports';

/** A runner under test, on virtual time. */
export interface Run {
  readonly system: ActorSystem;
  readonly clock: VirtualClock;
  /** Moves time; everything that is due or waits is handled before it resolves. */
  advance(durationMs: number): Promise<void>;
}

export type Runner = (options: { readonly tree: SupervisionTree; readonly onFailure: (crash: Crash) => void }) => Run;

/** A test actor does what its messages say and writes down what happened to it. */
type Order =
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'throw'; readonly text: string }
  | { readonly type: 'do'; readonly what: (context: PuppetContext) => void }
  | { readonly type: 'ask'; readonly reply: ReplyTo<string> };

type Puppet = ReturnType<typeof puppet>;
type PuppetContext = Parameters<Puppet['receive']>[2];

interface Strings {
  readonly onStart?: (context: PuppetContext) => void;
  readonly onStopped?: (why: 'stop' | 'restart') => void;
}

const mailbox = { max: 100, whenFull: 'refuse' } as const;
const budget = { restarts: 2, withinMs: 1_000, backoffMs: 10, backoffMsMax: 15 } as const;

/** root > middle > leaf and brittle > shard; the policies differ. */
const tree = defineTree({
  root: { under: 'process', onCrash: 'stop', rebuiltFrom: 'nothing', mailbox },
  middle: { under: 'root', onCrash: 'restart', budget, rebuiltFrom: 'its arguments', mailbox },
  leaf: { under: 'middle', onCrash: 'restart', budget, rebuiltFrom: 'its arguments', mailbox },
  fragile: { under: 'middle', onCrash: 'escalate', rebuiltFrom: 'nothing', mailbox },
  loner: {
    under: 'middle',
    onCrash: 'restart',
    budget: { ...budget, whenSpent: 'stop' },
    rebuiltFrom: 'nothing',
    mailbox,
  },
  refusing: { under: 'process', onCrash: 'stop', rebuiltFrom: 'nothing', mailbox: { max: 3, whenFull: 'refuse' } },
  newest: { under: 'process', onCrash: 'stop', rebuiltFrom: 'nothing', mailbox: { max: 3, whenFull: 'drop-newest' } },
  oldest: { under: 'process', onCrash: 'stop', rebuiltFrom: 'nothing', mailbox: { max: 3, whenFull: 'drop-oldest' } },
  lasting: { under: 'process', onCrash: 'escalate', rebuiltFrom: 'nothing', mailbox },
});

export function conformance(name: string, start: Runner): void {
  describe(`actors on ${name}`, () => {
    const diary: string[] = [];
    const failures: Crash[] = [];
    let run: Run;

    const begin = () => {
      diary.length = 0;
      failures.length = 0;
      run = start({ tree, onFailure: (crash) => failures.push(crash) });
      return run;
    };
    afterEach(() => run.system.stop());

    it('R-SUP-1: messages of one sender arrive in order', async () => {
      const { system, advance } = begin();
      const root = system.spawn(puppet('root', diary), 'root', {});
      for (const text of ['a', 'b', 'c']) system.send(root, { type: 'note', text });
      await advance(0);
      expect(diary).toEqual(['/root starts', '/root a', '/root b', '/root c']);
    });
  });
}

function puppet(kind: keyof typeof tree, diary: string[]) {
  return defineActor<Order, readonly string[], Strings>({
    kind,
    start(strings, context) {
      diary.push(`${context.path} starts${context.incarnation > 1 ? ` again (${context.incarnation})` : ''}`);
      strings.onStart?.(context);
      return [];
    },
    receive(notes, order, context) {
      switch (order.type) {
        case 'note':
          diary.push(`${context.path} ${order.text}`);
          return [...notes, order.text];
        case 'throw':
          throw new Error(order.text);
        case 'do':
          order.what(context);
          return notes;
        case 'ask':
          order.reply.answer(notes.join());
          return notes;
      }
    },
    stopped(notes, context, why) {
      diary.push(`${context.path} ${why === 'stop' ? 'stopped' : 'ends to restart'} with ${notes.length}`);
    },
    describe: (notes) => ({ phase: notes.length === 0 ? 'empty' : 'noted', summary: { notes: notes.length } }),
  });
}
