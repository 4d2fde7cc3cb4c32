// Accounts for what replay has: each recording in one conversation, each conversation in the catalogue, none of them twice. It is told page by
// page, and added up by who asked: neither of them needs to have all of it. Pure.

import type { Conversation } from '#src/recording/consolidate';
import type { KnownGroup } from './knowledge.io.ts';

export interface Account {
  readonly conversations: number;
  readonly recordings: number;
  /** What is not as it should be, in words: the first thousand. */
  readonly findings: readonly string[];
  /** Conversations that count as running: whether they do is for their cores to say. */
  readonly running: readonly Running[];
}

interface Running {
  readonly tenant: string;
  readonly conversation: string;
  readonly sids: readonly string[];
}

export interface AccountPage {
  /** How many of each tenant are on this page. */
  readonly conversations: Readonly<Record<string, number>>;
  readonly recordings: number;
  readonly findings: readonly string[];
  readonly running: readonly Running[];
  /** Where the next page begins; absent on the last one. */
  readonly next?: string;
  /** On the last one. */
  readonly catalogue?: CatalogueAccount;
}

export interface CatalogueAccount {
  readonly tenants: readonly { readonly tenant: string; readonly conversations: number }[];
  /** Conversations that are on their way into it. */
  readonly waiting: number;
}

const findingsMax = 1_000;

/** Of conversations. */
export function conversationsPage(groups: readonly KnownGroup[]): AccountPage {
  const alive = groups.flatMap((one) => one.conversations).filter(({ phase }) => phase !== 'deleted');
  const conversations: Record<string, number> = {};
  for (const { tenant } of alive) conversations[tenant] = (conversations[tenant] ?? 0) + 1;
  const running = alive.filter(({ phase }) => phase === 'running');
  return {
    conversations,
    recordings: 0,
    findings: [
      ...repeated(alive, 'recording', ({ sources }) => sources.map(({ take }) => take)),
      ...repeated(alive, 'couple', ({ couples }) => couples.map(({ sid }) => sid)),
      ...groups.flatMap(elsewhere),
    ],
    running: running.map(({ tenant, conversation, couples }) => ({
      tenant,
      conversation,
      sids: couples.map(({ sid }) => sid),
    })),
  };
}

/** Of recordings that lie in the store. */
export function recordingsPage(takes: readonly string[], isKnown: (take: string) => boolean): AccountPage {
  const findings = takes.filter((take) => !isKnown(take)).map((take) => `recording ${take} is in no conversation`);
  return { conversations: {}, recordings: takes.length, findings, running: [] };
}

/** All pages together. */
export class AddedUp {
  readonly #conversations = new Map<string, number>();
  readonly #running: Running[] = [];
  #findings: string[] = [];
  #findingsLeftOut = 0;
  #recordings = 0;

  add({ conversations, recordings, findings, running, catalogue }: AccountPage): void {
    for (const [tenant, count] of Object.entries(conversations))
      this.#conversations.set(tenant, (this.#conversations.get(tenant) ?? 0) + count);
    this.#recordings += recordings;
    this.#running.push(...running);
    this.#find(findings);
    if (!catalogue) return;
    const { tenants, waiting } = catalogue;
    this.#find(waiting > 0 ? [`${waiting} conversations are not in the catalogue yet`] : this.#miscounted(tenants));
  }

  get account(): Account {
    return {
      conversations: [...this.#conversations.values()].reduce((sum, count) => sum + count, 0),
      recordings: this.#recordings,
      findings: [
        ...this.#findings,
        ...(this.#findingsLeftOut > 0 ? [`and ${this.#findingsLeftOut} more like these`] : []),
      ],
      running: this.#running,
    };
  }

  #find(findings: readonly string[]): void {
    const all = [...this.#findings, ...findings];
    this.#findings = all.slice(0, findingsMax);
    this.#findingsLeftOut += all.length - this.#findings.length;
  }

  #miscounted(held: CatalogueAccount['tenants']): string[] {
    const there = new Map(held.map(({ tenant, conversations }) => [tenant, conversations]));
    const tenants = new Set([...this.#conversations.keys(), ...there.keys()]);
    return [...tenants].flatMap((tenant) => {
      const [known, catalogued] = [this.#conversations.get(tenant) ?? 0, there.get(tenant) ?? 0];
      return known === catalogued
        ? []
        : [`of ${tenant} ${known} conversations are known, the catalogue holds ${catalogued}`];
    });
  }
}

function repeated(
  known: readonly Conversation[],
  what: string,
  idsOf: (one: Conversation) => readonly string[],
): string[] {
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

/** What is put away goes by names, each of which leads to one place: whose name leads elsewhere is there twice. */
function elsewhere({ conversations, namesElsewhere }: KnownGroup): string[] {
  const of = conversations.map(({ conversation }) => conversation).join(', ');
  return namesElsewhere.map((name) => `${name} is of ${of}, and of another conversation`);
}
