// The link to one telephony server, as an actor: what it tells goes to the tenant in its order, and what the tenant asks of it
// is answered. The connection itself is the port's; a crash closes it, and the next incarnation connects and registers anew.
// Must never tell more than its tenant can hear: what is too much waits in the connection, and none of it is lost.

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
  | { readonly type: 'fault'; readonly error: TwinreelError }
  /** The port is paused: look whether it can go on. */
  | { readonly type: 'look' };

interface Live {
  readonly args: LinkArgs;
  readonly port: TLibPort;
}

/** Messages that may wait in the whole tenant before its links pause, fewer than one mailbox takes; and at how few they go on. */
const backlogMax = 500;
const backlogMin = 250;
/** How soon a paused link looks again. */
const lookMs = 2;

export const link = defineActor<LinkMessage | Internal, Live, LinkArgs>({
  kind: 'link',

  start(args, context) {
    const { parent, switch: name } = args;
    const tell = (report: LinkReport) => {
      context.send(parent, report);
      if (context.backlog() < backlogMax) return;
      port.pause();
      context.send(context.self, { type: 'look' });
    };
    const port = args.connect({
      event: (event) => tell({ type: 'tlib', switch: name, event }),
      dnState: (state) => tell({ type: 'dn-state', switch: name, state }),
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
      case 'look':
        if (context.backlog() <= backlogMin) port.resume();
        else context.after(lookMs, { type: 'look' });
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
