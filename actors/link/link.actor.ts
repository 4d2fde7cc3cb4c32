// The link to one telephony server, as an actor: what it tells goes to the tenant in its order, and what the tenant asks of it
// is answered. The connection itself is the port's; a crash closes it, and the next incarnation connects and registers anew.

import { type Address, defineActor, type ReplyTo } from '#actors/kit';
import type { DnState, LinkState, RegistrationProgress, TLibEvent, TLibListener, TLibPort } from '#src/cti';
import { messageOf, type TwinreelError } from '#src/errors';

/** What a link tells the tenant. */
export type LinkReport =
  | { readonly type: 'tlib'; readonly switch: string; readonly event: TLibEvent }
  | { readonly type: 'dn-state'; readonly switch: string; readonly state: DnState }
  | { readonly type: 'link'; readonly switch: string; readonly state: LinkState };

/** What a link shows of itself. */
export interface LinkFigures {
  readonly phase: LinkState['phase'];
  readonly registrations: RegistrationProgress;
}

export type LinkMessage =
  | { readonly type: 'watch'; readonly dns: readonly string[] }
  | { readonly type: 'unwatch'; readonly dns: readonly string[] }
  /** What it says of the DN comes as `dn-state`. */
  | { readonly type: 'query'; readonly dn: string }
  /** The answer is the event that the server gave; an ask that is not answered in time has failed. */
  | {
      readonly type: 'ask';
      readonly ask: (port: TLibPort) => Promise<TLibEvent>;
      readonly reply: ReplyTo<LinkAnswer>;
    }
  | { readonly type: 'figures'; readonly reply: ReplyTo<LinkFigures> };

/** How a request ended. */
export type LinkAnswer = { readonly event: TLibEvent } | { readonly error: unknown };

export interface LinkArgs {
  readonly switch: string;
  /** DNs to watch from the first moment on. */
  readonly dns: readonly string[];
  readonly connect: (listener: TLibListener) => TLibPort;
  readonly parent: Address<LinkReport>;
}

type Internal =
  | { readonly type: 'answered'; readonly reply: ReplyTo<LinkAnswer>; readonly answer: LinkAnswer }
  | { readonly type: 'fault'; readonly error: TwinreelError };

interface Live {
  readonly args: LinkArgs;
  readonly port: TLibPort;
}

export const link = defineActor<LinkMessage | Internal, Live, LinkArgs>({
  kind: 'link',

  start(args, context) {
    const { parent, switch: name } = args;
    const port = args.connect({
      event: (event) => void context.send(parent, { type: 'tlib', switch: name, event }),
      dnState: (state) => void context.send(parent, { type: 'dn-state', switch: name, state }),
      link: (state) => void context.send(parent, { type: 'link', switch: name, state }),
      settled: ({ registered, refused }) =>
        context.log.info({ switch: name, registered, refused }, 'every DN that is watched has been asked for'),
      fault: (error) => void context.send(context.self, { type: 'fault', error }),
    });
    port.watch(args.dns);
    return { args, port };
  },

  receive(live, message, context) {
    const { port, args } = live;
    switch (message.type) {
      case 'watch':
        port.watch(message.dns);
        return live;
      case 'unwatch':
        port.unwatch(message.dns);
        return live;
      case 'query':
        port.query(message.dn);
        return live;
      case 'ask': {
        const { reply } = message;
        context.perform(
          message.ask(port),
          (event) => ({ type: 'answered', reply, answer: { event } }),
          (error) => ({ type: 'answered', reply, answer: { error } }),
        );
        return live;
      }
      case 'answered':
        message.reply.answer(message.answer);
        return live;
      case 'fault':
        context.log.warn(
          { switch: args.switch, code: message.error.code, error: messageOf(message.error) },
          'telephony',
        );
        return live;
      case 'figures':
        message.reply.answer({ phase: port.state.phase, registrations: port.registrations });
        return live;
    }
  },

  stopped: ({ port }) => port.close(),

  describe: ({ port, args }) => {
    const { wanted, registered, refused, outstanding } = port.registrations;
    return { phase: port.state.phase, summary: { switch: args.switch, wanted, registered, refused, outstanding } };
  },
});
