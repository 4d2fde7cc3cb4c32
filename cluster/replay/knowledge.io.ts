// What this process knows of conversations: facts, kept in its own journal until they are replaced, and what they put together. Manifests
// are not in the journal: they lie with the recordings. All of it is in memory.

import { createHash, type KeyObject } from 'node:crypto';
import { FactJournal } from '#cluster/facts';
import type { ManifestFacts } from '#src/recording';
import {
  Consolidation,
  type Conversation,
  consolidate,
  endOf,
  type Fact,
  isLater,
  keyOf,
  namesOf,
} from '#src/recording/consolidate';

type ManifestFact = Fact & { readonly type: 'manifest' };

export interface KnowledgeOptions {
  readonly folder: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  readonly log: { warn(fields: object, text: string): void; error(fields: object, text: string): void };
}

const segmentBytesMax = 256 * 2 ** 20;

export class Knowledge {
  readonly #journal: FactJournal<Fact>;
  readonly #consolidation = new Consolidation();

  /** Whose each take is, as couples have it. */
  readonly #tenants = new Map<string, string>();
  readonly #seen = new Map<string, ManifestFact>();

  private constructor(journal: FactJournal<Fact>) {
    this.#journal = journal;
    for (const subject of journal.subjects()) for (const fact of journal.of(subject)) this.#add(fact);
  }

  static async open({ folder, publicKey, privateKey, log }: KnowledgeOptions): Promise<Knowledge> {
    return new Knowledge(
      await FactJournal.open<Fact>({
        folder,
        writer: 'replay',
        publicKey,
        privateKey,
        segmentBytesMax,
        onAlarm: ({ alarm, message }) => log.error({ alarm, error: message }, 'alarm'),
        onCut: (report) => log.warn(report, 'facts of an earlier replay could not be read to their end'),
      }),
    );
  }

  /** Nothing was ever told here: what is still told elsewhere is wanted anew. */
  get isEmpty(): boolean {
    return this.#journal.subjects().length === 0;
  }

  /** Resolves when the fact is durable: whether it was new. */
  async learn(fact: Fact): Promise<boolean> {
    const subject = createHash('sha256').update(keyOf(fact)).digest('base64url');
    const [known] = this.#journal.of(subject);
    if (known && !isLater(fact, known)) return false;
    if (known) this.#journal.forget(subject);
    this.#journal.write(subject, [fact]);
    await this.#journal.durable();
    this.#add(fact);
    return true;
  }

  /** A recording that lies in the store, whose manifest says so for ever. */
  see(fact: ManifestFact): void {
    const { take } = fact.manifest;
    this.#seen.set(take, fact);
    this.#consolidation.add(ofTenant(fact, this.tenantOf(take, fact.manifest.tenant)));
  }

  /** Whether a recording, which may not be here, is one that was discarded. */
  isDiscarded(manifest: ManifestFacts): boolean {
    const fact = ofTenant({ type: 'manifest', manifest }, this.tenantOf(manifest.take, manifest.tenant));
    const known = namesOf(fact).flatMap((name) => this.#consolidation.of(name)?.facts ?? []);
    const sources = consolidate([...known, fact]).flatMap((one) => one.sources);
    return sources.some((source) => source.take === manifest.take && endOf(source) === 'discarded');
  }

  /** Whose a take is, where its manifest says `told`. */
  tenantOf(take: string, told: string): string {
    return this.#tenants.get(take) ?? told;
  }

  /** Conversations that have become others since it was asked last. */
  takeChanged(): readonly Conversation[] {
    return this.#consolidation.takeChanged().flatMap(({ conversations }) => conversations);
  }

  compact(): Promise<void> {
    return this.#journal.compact();
  }

  close(): Promise<void> {
    return this.#journal.close();
  }

  /** A recorder may not know whose a call is, and writes down the tenant of what nothing assigns to one. Cores know. */
  #add(fact: Fact): void {
    this.#consolidation.add(fact);
    if (fact.type !== 'couple') return;
    const { tenant, takes } = fact.couple;
    for (const { take } of takes) {
      const seen = this.#seen.get(take);
      const before = this.tenantOf(take, seen?.manifest.tenant ?? tenant);
      // Once it is somebody's it stays theirs: two that both claim it would bury it for one another.
      if (seen && before !== seen.manifest.tenant) continue;
      this.#tenants.set(take, tenant);
      if (!seen || before === tenant) continue;
      this.#consolidation.add(ofTenant(seen, tenant));
      const why = 'it is of another tenant';
      this.#consolidation.add({ type: 'tombstone', tenant: before, sids: [], takes: [take], atMs: 0, why });
    }
  }
}

function ofTenant({ manifest }: ManifestFact, tenant: string): ManifestFact {
  return { type: 'manifest', manifest: { ...manifest, tenant } };
}
