// A SIP proxy that keeps transactions and no dialogs: it brings requests that open dialogs to a place that takes them, and is out of
// their way afterwards. Who goes where is decided by a router; nobody is reached but those it names.

import type { Clock, Random } from '#src/ports';
import { type Header, openListeners, type SipListener, serialiseMessage } from '#src/sip';
import {
  branchWith,
  type EdgeLimits,
  edgeLimits,
  findWay,
  Names,
  newRequest,
  openStream,
  openUdp,
  type Refusal,
  type Resolver,
  systemResolver,
  Tally,
  Transactions,
  type Transport,
  tokenOf,
} from '#src/sip/edge';
import { Exchange } from './exchange.ts';
import type { Router } from './way.ts';

export interface ProxyOptions {
  /** UDP and TCP, at least one; requests leave by the first one that suits their target. */
  readonly listeners: readonly SipListener[];
  readonly router: Router;
  /** How long a place may take to answer an INVITE for good before the next one is tried. */
  readonly answerMsMax: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<EdgeLimits>;
  readonly resolver?: Resolver;
}

/** What was answered to a question. */
export interface Answer {
  readonly status: number;
  readonly headers: readonly Header[];
}

export interface ProxyCounters {
  readonly requestsReceived: number;
  readonly requestsSent: number;
  readonly repeatsAbsorbed: number;
  readonly refused: Readonly<Partial<Record<Refusal, number>>>;
  /** Transactions that are open now. */
  readonly transactions: number;
}

export interface SipProxy {
  readonly listeners: readonly SipListener[];
  counters(): ProxyCounters;
  /** Asks a place by OPTIONS whether it is there; undefined when it does not say so within `msMax`. Never rejects. */
  ask(uri: string, msMax: number): Promise<Answer | undefined>;
  /** Stops at once. Idempotent. */
  close(): Promise<void>;
}

/** Starts a proxy. Rejects when a socket cannot be opened (Node's `EADDRINUSE`, `EADDRNOTAVAIL`). */
export async function startProxy(options: ProxyOptions): Promise<SipProxy> {
  const { clock, random, answerMsMax, resolver = systemResolver() } = options;
  const limits = { ...edgeLimits, ...options.limits };
  const tally = new Tally();
  const transports: Transport[] = [];
  const transactions = new Transactions(clock, tally, limits);
  const context = {
    clock,
    random,
    transactions,
    transports,
    names: new Names(resolver, clock),
    limits,
    tally,
    answerMsMax,
  };
  const receiver = new Exchange(context, options.router);
  const open = async (listener: SipListener) => {
    const { transport, address, port, advertisedAddress } = listener;
    const place = { address, port, ...(advertisedAddress !== undefined && { advertisedAddress }) };
    const opened =
      transport === 'udp'
        ? await openUdp(place, receiver, clock)
        : await openStream(place, { clock, limits, receiver });
    return { opened, port: opened.local.port };
  };
  const opened = await openListeners(options.listeners, open, (one) => one.opened.close());
  transports.push(...opened.map((one) => one.opened));

  const ask = (uri: string, msMax: number) =>
    new Promise<Answer | undefined>((resolve) => {
      findWay(context, uri, (flow) => {
        const partial = { type: 'request', method: 'OPTIONS', uri, headers: [], body: Buffer.alloc(0) } as const;
        const names = { branch: branchWith(tokenOf(random)), fromTag: tokenOf(random), callId: random.uuid() };
        const request = 'reason' in flow ? undefined : newRequest(partial, { flow, ...names, sequence: 1 });
        if ('reason' in flow || !request) {
          resolve(undefined);
          return;
        }
        const patience = clock.after(msMax, () => {
          transaction.giveUp();
          resolve(undefined);
        });
        const settle = (answer: Answer | undefined) => {
          patience.cancel();
          resolve(answer);
        };
        const transaction = transactions.send(request, serialiseMessage(request), flow, {
          response: (response) => {
            if (response.status >= 200) settle(response);
          },
          failed: () => settle(undefined),
        });
      });
    });

  let closing: Promise<void> | undefined;
  return {
    listeners: transports.map(({ protocol, local }) => ({ transport: protocol, ...local })),
    counters: () => ({
      requestsReceived: tally.requestsReceived,
      requestsSent: tally.requestsSent,
      repeatsAbsorbed: tally.repeatsAbsorbed,
      refused: tally.refused,
      transactions: transactions.size,
    }),
    ask,
    close: () => {
      closing ??= (async () => {
        transactions.close();
        resolver.close();
        await Promise.all(transports.map((one) => one.close()));
      })();
      return closing;
    },
  };
}
