import { expect, it, onTestFinished } from 'vitest';
import type { Conversation, Fact } from '#src/recording/consolidate';
import { Knowledge } from '../../../cluster/replay/knowledge.io.ts';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';
import { couple, manifest } from '../../src/recording/consolidate/facts-drawn.ts';

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
    const open = () => Knowledge.open({ folder: folder.path, ...journalKeys, log: { warn: alarmed, error: alarmed } });
    const shown = new Map<string, Conversation>();
    const show = (knowledge: Knowledge) => {
      for (const one of knowledge.takeChanged()) shown.set(one.tenant, one);
      const alive = [...shown.values()].filter(({ phase }) => phase !== 'deleted');
      return alive.map(({ tenant, sources }) => ({
        tenant,
        takes: sources.map(({ take, why }) => `${take}: ${why}`),
      }));
    };

    const knowledge = await open();
    for (const one of order) {
      if (one === 'told') await knowledge.learn(told);
      else knowledge.see(seen);
      show(knowledge);
    }
    const once = [{ tenant: 'acme', takes: ['T1-0: its packets are not merged yet'] }];
    expect(show(knowledge)).toEqual(once);
    expect(knowledge.tenantOf('T1-0', 'default')).toBe('acme');
    await knowledge.close();

    shown.clear();
    const again = await open();
    again.see(seen);
    expect(show(again)).toEqual(once);
    await again.close();
  },
);
