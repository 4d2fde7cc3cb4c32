// An actor's hands, bound to one incarnation: what an ended incarnation still holds can send, and nothing else.

import { Address } from './address.ts';
import { ask } from './ask.ts';
import type { AnyDefinition, Cell, WhenStopped } from './cell.ts';
import type { Context } from './definition.ts';

export function contextOf(cell: Cell, incarnation: number): Context<unknown> {
  const { world } = cell;
  return {
    self: cell.address,
    path: cell.path,
    name: cell.name,
    incarnation,
    clock: world.clock,
    random: world.random,
    log: cell.log,
    send: (to, message) => Address.deliver(to, message),
    backlog: () => cell.backlog,
    ask: (to, build, timeoutMs) => ask(world.clock, to, build, timeoutMs),
    spawn(definition, name, args, options) {
      cell.mustBeActing(incarnation, 'spawn');
      return cell.spawn(definition as AnyDefinition, name, args, options?.whenStopped as WhenStopped | undefined);
    },
    stop(address) {
      cell.mustBeActing(incarnation, 'stop');
      cell.stopChild(address);
    },
    stopSelf() {
      cell.mustBeActing(incarnation, 'stopSelf');
      cell.stopWhenHandled();
    },
    after(delayMs, message) {
      cell.mustBeActing(incarnation, 'after');
      return cell.errands.after(delayMs, message);
    },
    perform(promise, toMessage, toFailure) {
      cell.mustBeActing(incarnation, 'perform');
      cell.errands.perform(promise, toMessage, toFailure);
    },
  };
}
