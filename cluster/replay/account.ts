// Accounts for what replay has: each recording in one conversation, each conversation in the catalogue, none of them twice. Pure.

import type { Conversation } from '#src/recording/consolidate';

/** What of a conversation matters here. */
export interface Accounted {
  readonly tenant: string;
  readonly conversation: string;
  readonly phase: Conversation['phase'];
  readonly takes: readonly string[];
  readonly sids: readonly string[];
}

export interface Account {
  readonly conversations: number;
  readonly recordings: number;
  /** What is not as it should be, in words. */
  readonly findings: readonly string[];
  /** Conversations that count as running: whether they do is for their cores to say. */
  readonly running: readonly Pick<Accounted, 'tenant' | 'conversation' | 'sids'>[];
}

export function accountedOf({ tenant, conversation, phase, sources, couples }: Conversation): Accounted {
  return { tenant, conversation, phase, takes: sources.map(({ take }) => take), sids: couples.map(({ sid }) => sid) };
}

/** `recordings`: the takes that lie in the store. `catalogued`: how many conversations of each tenant the catalogue holds. `waiting`: how many are on their way into it. */
export function accountFor(
  known: readonly Accounted[],
  recordings: readonly string[],
  catalogued: readonly { readonly tenant: string; readonly conversations: number }[],
  waiting: number,
): Account {
  const alive = known.filter(({ phase }) => phase !== 'deleted');
  const findings = [
    ...repeated(alive, 'recording', ({ takes }) => takes),
    ...repeated(alive, 'couple', ({ sids }) => sids),
    ...missing(known, recordings),
    ...(waiting > 0 ? [`${waiting} conversations are not in the catalogue yet`] : miscounted(alive, catalogued)),
  ];
  const running = alive.filter(({ phase }) => phase === 'running');
  return {
    conversations: alive.length,
    recordings: recordings.length,
    findings,
    running: running.map(({ tenant, conversation, sids }) => ({ tenant, conversation, sids })),
  };
}

function repeated(known: readonly Accounted[], what: string, idsOf: (one: Accounted) => readonly string[]): string[] {
  const seen = new Map<string, string>();
  return known.flatMap((one) =>
    idsOf(one).flatMap((id) => {
      const key = JSON.stringify([one.tenant, id]);
      const before = seen.get(key);
      seen.set(key, one.conversation);
      return before === undefined ? [] : [`${what} ${id} is in two conversations: ${before} and ${one.conversation}`];
    }),
  );
}

function missing(known: readonly Accounted[], recordings: readonly string[]): string[] {
  const told = new Set(known.flatMap(({ takes }) => takes));
  return recordings.filter((take) => !told.has(take)).map((take) => `recording ${take} is in no conversation`);
}

function miscounted(
  known: readonly Accounted[],
  catalogued: readonly { readonly tenant: string; readonly conversations: number }[],
): string[] {
  const counts = new Map(catalogued.map(({ tenant, conversations }) => [tenant, conversations]));
  const tenants = new Set([...known.map(({ tenant }) => tenant), ...counts.keys()]);
  return [...tenants].flatMap((tenant) => {
    const here = known.filter((one) => one.tenant === tenant).length;
    const there = counts.get(tenant) ?? 0;
    return here === there ? [] : [`of ${tenant} ${here} conversations are known, the catalogue holds ${there}`];
  });
}
