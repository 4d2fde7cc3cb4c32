// A test actor: it does what its messages say and writes down what happened to it. Its tree has a kind for each policy.

import { type Context, defineActor, defineTree, type EndReason, type ReplyTo } from '#actors/kit';

export type Order =
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'throw'; readonly text: string }
  | { readonly type: 'do'; readonly what: (context: Context<Order>) => void }
  | { readonly type: 'question'; readonly reply: ReplyTo<string>; readonly what?: (reply: ReplyTo<string>) => void };

/** What a puppet does at its turning points. */
export interface Strings {
  readonly onStart?: (context: Context<Order>) => void;
  readonly onStopped?: (why: EndReason) => void;
}

const rebuiltFrom = 'nothing';
const mailbox = { max: 100, whenFull: 'refuse' } as const;
const budget = { restarts: 2, withinMs: 1_000, backoffMs: 10, backoffMsMax: 15 } as const;

export const tree = defineTree({
  root: { under: 'process', onCrash: 'stop', rebuiltFrom, mailbox },
  middle: { under: 'root', onCrash: 'restart', budget, rebuiltFrom, mailbox },
  leaf: { under: 'middle', onCrash: 'restart', budget, rebuiltFrom, mailbox },
  fragile: { under: 'middle', onCrash: 'escalate', rebuiltFrom, mailbox },
  mortal: { under: 'middle', onCrash: 'stop', rebuiltFrom, mailbox },
  loner: { under: 'middle', onCrash: 'restart', budget: { ...budget, whenSpent: 'stop' }, rebuiltFrom, mailbox },
  guardian: { under: 'process', onCrash: 'escalate', rebuiltFrom, mailbox },
  ward: { under: 'guardian', onCrash: 'restart', budget, rebuiltFrom, mailbox },
  refusing: { under: 'process', onCrash: 'stop', rebuiltFrom, mailbox: { max: 3, whenFull: 'refuse' } },
  newest: { under: 'process', onCrash: 'stop', rebuiltFrom, mailbox: { max: 3, whenFull: 'drop-newest' } },
  oldest: { under: 'process', onCrash: 'stop', rebuiltFrom, mailbox: { max: 3, whenFull: 'drop-oldest' } },
});

interface Puppet {
  readonly strings: Strings;
  readonly notes: readonly string[];
}

/** A puppet remembers what it was told to note; `diary` is where all puppets of a test write. */
export function puppet(kind: keyof typeof tree, diary: string[]) {
  return defineActor<Order, Puppet, Strings>({
    kind,
    start(strings, context) {
      diary.push(`${context.name} starts${context.incarnation > 1 ? ` again (${context.incarnation})` : ''}`);
      strings.onStart?.(context);
      return { strings, notes: [] };
    },
    receive(state, order, context) {
      switch (order.type) {
        case 'note':
          diary.push(`${context.name}: ${order.text}`);
          return { ...state, notes: [...state.notes, order.text] };
        case 'throw':
          throw new Error(order.text);
        case 'do':
          order.what(context);
          return state;
        case 'question':
          if (order.what) order.what(order.reply);
          else order.reply.answer(`noted ${state.notes.join()}`);
          return state;
      }
    },
    stopped({ strings, notes }, context, why) {
      diary.push(`${context.name} ends: ${why}${notes.length > 0 ? `, noted ${notes.join()}` : ''}`);
      strings.onStopped?.(why);
    },
    describe: ({ notes }) => ({ phase: notes.length === 0 ? 'empty' : 'noted', summary: { notes: notes.length } }),
  });
}

/** Orders, short. */
export const note = (text: string): Order => ({ type: 'note', text });
export const crash = (text = 'told to'): Order => ({ type: 'throw', text });
export const act = (what: (context: Context<Order>) => void): Order => ({ type: 'do', what });
