// Type tests: they hold because this file compiles.

import { describe, expectTypeOf, it } from 'vitest';
import { type ActorSystem, type Address, type Context, defineActor, type ReplyTo } from '#actors/kit';

type Ping = { readonly type: 'ping' };
type Pong = { readonly type: 'pong'; readonly count: number };

const both = defineActor<Ping | Pong, number, { readonly first: number; readonly second: string }>({
  kind: 'both',
  start: ({ first }) => first,
  receive: (count) => count,
});

// Never called: only its types are looked at.
function typed(system: ActorSystem, context: Context<Ping>, ping: Address<Ping>, pingOrPong: Address<Ping | Pong>) {
  system.send(ping, { type: 'ping' });
  system.send(pingOrPong, { type: 'pong', count: 1 });
  // @ts-expect-error: no such message
  system.send(ping, { type: 'bogus' });
  // @ts-expect-error: a message of the other actor
  system.send(ping, { type: 'pong', count: 1 });
  // @ts-expect-error: a part of the message is missing
  context.send(pingOrPong, { type: 'pong' });
  const pong = (count: number): Pong => ({ type: 'pong', count });
  const pinged = (): Ping => ({ type: 'ping' });
  context.perform(Promise.resolve(1), pinged, pinged);
  // @ts-expect-error: the result becomes a message this actor does not know
  context.perform(Promise.resolve(1), pong, pinged);
  // @ts-expect-error: a timer's message, too
  context.after(5, { type: 'pong', count: 1 });
  // @ts-expect-error: an address is not made by hand
  const forged: Address<Ping> = { path: '/forged', toJSON: () => '' };

  // @ts-expect-error: an argument is missing
  context.spawn(both, 'name', { first: 1 });
  // @ts-expect-error: a name is mandatory
  context.spawn(both);
  const child = context.spawn(both, 'name', { first: 1, second: '' }, { whenStopped: () => ({ type: 'ping' }) });
  // @ts-expect-error: the news of a child's end is a message of the parent
  context.spawn(both, 'name', { first: 1, second: '' }, { whenStopped: () => ({ type: 'pong', count: 1 }) });
  const question = (_reply: ReplyTo<boolean>): Ping => ({ type: 'ping' });
  const answer = system.ask(pingOrPong, question, 5);
  return { child, answer, forged };
}

describe('an address', () => {
  it('R-SUP-1: takes the messages of its actor and no others', () => {
    expectTypeOf<ReturnType<typeof typed>['child']>().toEqualTypeOf<Address<Ping | Pong>>();
    expectTypeOf<ReturnType<typeof typed>['answer']>().toEqualTypeOf<Promise<boolean>>();
  });

  it('R-SUP-1: that takes more can stand where one is wanted that takes less, not the other way round', () => {
    expectTypeOf<Address<Ping | Pong>>().toExtend<Address<Ping>>();
    expectTypeOf<Address<Ping>>().not.toExtend<Address<Ping | Pong>>();
  });
});
