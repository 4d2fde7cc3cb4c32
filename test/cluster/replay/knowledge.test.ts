import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { VirtualClock } from '#src/ports';
import { type Conversation, consolidate, type Fact } from '#src/recording/consolidate';
import { Knowledge } from '../../../cluster/replay/knowledge.io.ts';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';
import { couple, drawnFacts, manifest, shuffled } from '../../src/recording/consolidate/facts-drawn.ts';

const seen = { type: 'manifest', manifest: manifest(1, 0, { tenant: 'default' }) } as const;
const told: Fact = {
  type: 'couple',
  writer: 'core-1',
  offset: 1,
  couple: couple(1, manifest(1, 0).startedMs, {
    takes: [{ take: seen.manifest.take, node: 'n0', phase: 'ended', streams: [], pauses: [] }],
  }),
};

it.each([
  ['the core tells first', ['told', 'seen']],
  ['the recording comes first', ['seen', 'told']],
  ['both come twice', ['seen', 'told', 'seen', 'told']],
])(
  'R-RPL-1: a recording whose recorder does not know the tenant is of the tenant of its couple: %s',
  async (_, order) => {
    const folder = temporaryFolder('knowledge');
    onTestFinished(() => folder.remove());
    const alarmed = (...words: unknown[]) => expect.unreachable(JSON.stringify(words));
    const limits = { bytesMax: 2 ** 20, quietMs: 60_000 };
    const open = () =>
      Knowledge.open({ folder: folder.path, ...journalKeys, ...limits, log: { warn: alarmed, error: alarmed } });
    const shown = new Map<string, Conversation>();
    const show = (knowledge: Knowledge) => {
      for (const { conversations } of knowledge.takeChanged())
        for (const one of conversations) shown.set(one.tenant, one);
      const alive = [...shown.values()].filter(({ phase }) => phase !== 'deleted');
      return alive.map(({ tenant, sources }) => ({
        tenant,
        takes: sources.map(({ take, why }) => `${take}: ${why}`),
      }));
    };

    const knowledge = await open();
    for (const one of order) {
      if (one === 'told') await knowledge.learn(told);
      else await knowledge.learn(seen);
      show(knowledge);
    }
    const once = [{ tenant: 'acme', takes: ['T1-0: its packets are not merged yet'] }];
    expect(show(knowledge)).toEqual(once);
    await knowledge.close();

    shown.clear();
    const again = await open();
    expect(show(again)).toEqual(once);
    await again.close();
  },
);

it('R-RPL-1: what was let go of, and comes back with a late fact or a new process, is what it would have been in memory', async () => {
  const runs = { seed: 9, numRuns: process.env['TWINREEL_FULL'] ? 200 : 8 };
  const byId = (a: Conversation, b: Conversation) => (a.conversation < b.conversation ? -1 : 1);
  const takes = [{ take: 'T9-0', node: 'n0', phase: 'ended' as const, streams: [], pauses: [] }];
  const strangers: Fact[] = [
    ...[0, 1].map((copy) => ({ type: 'manifest' as const, manifest: manifest(9, copy, { tenant: 'default' }) })),
    { type: 'couple', writer: 'core-1', offset: 9, couple: couple(9, 1_000_000, { takes, connIds: ['01'] }) },
  ];
  await fc.assert(
    fc.asyncProperty(drawnFacts, fc.infiniteStream(fc.nat()), async (drawn, draws) => {
      const folder = temporaryFolder('knowledge');
      const clock = new VirtualClock(0);
      const alarmed = (...words: unknown[]) => expect.unreachable(JSON.stringify(words));
      const open = () => {
        const limits = { bytesMax: 2 ** 20, quietMs: 1_000, clock, log: { warn: alarmed, error: alarmed } };
        return Knowledge.open({ folder: folder.path, ...journalKeys, ...limits });
      };
      const catalogue = new Map<string, Conversation>();
      const settle = async (from: Knowledge) => {
        for (const { conversations } of from.takeChanged())
          for (const one of conversations) {
            for (const alias of one.aliases) catalogue.delete(`${one.tenant} ${alias}`);
            catalogue.set(`${one.tenant} ${one.conversation}`, one);
          }
        await from.putAway();
      };
      const facts = shuffled([...drawn, ...drawn.slice(0, 3), ...strangers], draws);
      let knowledge = await open();
      for (const fact of facts) {
        await knowledge.learn(fact);
        const drawn = draws.next().value! % 6;
        if (drawn === 5) {
          await knowledge.close();
          knowledge = await open();
        }
        clock.advance(drawn > 2 ? 2_000 : 100);
        if (drawn > 1) await settle(knowledge);
      }
      await settle(knowledge);
      const expected = consolidate(facts).sort(byId);
      const found: Conversation[] = [];
      for await (const { conversations } of knowledge.all()) found.push(...conversations);
      expect(found.sort(byId)).toEqual(expected);
      expect((await pagesOf(knowledge)).sort(byId)).toEqual(expected);
      expect([...catalogue.values()].sort(byId)).toEqual(expected);
      clock.advance(2_000);
      await knowledge.putAway();
      expect(knowledge.bytes).toBe(0);
      expect((await pagesOf(knowledge)).sort(byId)).toEqual(expected);
      for (const { sources } of expected)
        for (const { take } of sources) expect(knowledge.knowsTake(take), take).toBe(true);
      expect(knowledge.knowsTake('T0')).toBe(false);
      await knowledge.close();
      folder.remove();
    }),
    runs,
  );
});

/** Of two groups each. */
async function pagesOf(knowledge: Knowledge): Promise<Conversation[]> {
  const found: Conversation[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const page = await knowledge.page(after, 2);
    for (const { conversations, namesElsewhere } of page.groups) {
      expect(namesElsewhere).toEqual([]);
      found.push(...conversations);
    }
    after = page.next;
  }
  return found;
}
