// What an edge begins with when it starts again: the calls of its earlier life, each as the ledger says it stands. Nothing
// is said to anybody about it; whoever is owed something gets it as if nothing had happened.

import type { Callee } from './callee.ts';
import type { EdgeContext } from './context.ts';
import type { AnswerRecord, DialogRecord } from './dialog-ledger.ts';
import type { Leg } from './legs.ts';
import { hangUp } from './own-requests.ts';
import { Owner } from './owner.ts';
import type { Refresher } from './refresher.ts';
import type { Flow } from './transport.ts';

/** What a ledger held. */
export interface LedgerContents {
  readonly dialogs: readonly DialogRecord[];
  readonly answers: readonly AnswerRecord[];
}

/** Takes up calls again. Transports may still be opening: nothing is sent in this turn. */
export function restoreCalls(
  context: EdgeContext,
  { callee, refresher }: { readonly callee: Callee; readonly refresher: Refresher },
  { dialogs, answers }: LedgerContents,
): void {
  const owners = new Map<string, Owner>();
  for (const record of dialogs) {
    const name = [...record.tags].sort().join();
    const owner = owners.get(name) ?? new Owner(record.tags);
    owners.set(name, owner);
    const leg = context.legs.add(legOf(record, owner));
    const { accepted, answer, session } = record;
    if (accepted) context.transactions.restore(accepted);
    if (answer) {
      const { protocol, remote, ...pending } = answer;
      leg.answer = callee.answer(leg, { ...pending, flow: flowTo(context, protocol, remote) });
    }
    if (session) refresher.agreed(leg, session, session.refreshedAtMs);
    context.legs.keep(leg, 'soon');
  }
  for (const answer of answers) context.transactions.restore(answer);
  for (const owner of owners.values()) endWhenAbandoned(context, owner);
}

/** Ends the dialogs of an application that stays away for good. */
export function endWhenAbandoned(context: EdgeContext, owner: Owner): void {
  context.offers.departed(owner, () => {
    for (const leg of context.legs.ownedBy(owner)) hangUp(context, leg, 'SIP;cause=480;text="application gone"');
  });
}

function legOf({ dialog, accepted, answer, peerUpdates, description }: DialogRecord, owner: Owner): Leg {
  const { remoteSequence } = dialog;
  return {
    // The last request may have come without having been answered: then its copy must be taken. An answered one's is
    // recognised before.
    dialog: { ...dialog, remoteSequence: remoteSequence === undefined ? undefined : remoteSequence - 1 },
    usage: 'call',
    phase: answer ? 'answered' : 'confirmed',
    owner,
    isInviting: false,
    accepted,
    peerUpdates,
    description,
  };
}

/** The way to a peer over whatever transport of its kind there is when something is sent. */
function flowTo({ transports }: EdgeContext, protocol: Flow['protocol'], remote: Flow['remote']): Flow {
  return {
    protocol,
    isReliable: protocol !== 'udp',
    remote,
    local: { address: '', port: 0 },
    send: (bytes, failed) =>
      transports
        .find((one) => one.protocol === protocol)
        ?.flowTo(remote)
        .send(bytes, failed),
  };
}
