import { describe, expect, it } from 'vitest';
import { defineTree, renderTree, treeDrift } from '#actors/kit';

const budget = { restarts: 3, withinMs: 60_000, backoffMs: 50, backoffMsMax: 1_000 };
const tree = defineTree({
  house: { under: 'process', onCrash: 'escalate', rebuiltFrom: 'bricks', mailbox: { max: 10, whenFull: 'refuse' } },
  floor: {
    under: 'house',
    onCrash: 'restart',
    budget: { ...budget, whenSpent: 'stop' },
    rebuiltFrom: 'the plan',
    mailbox: { max: 1_000, whenFull: 'drop-oldest' },
  },
  room: {
    under: 'floor',
    onCrash: 'restart',
    budget,
    rebuiltFrom: 'wood',
    mailbox: { max: 5, whenFull: 'drop-newest' },
  },
  roof: { under: 'house', onCrash: 'stop', rebuiltFrom: 'tiles', mailbox: { max: 5, whenFull: 'refuse' } },
});

const rendered = [
  'house       escalate                                               mailbox 10, refuse         rebuilt from bricks',
  '├─ floor    restart   3 in 60 s, after 50..1000 ms, then stop      mailbox 1000, drop-oldest  rebuilt from the plan',
  '│  └─ room  restart   3 in 60 s, after 50..1000 ms, then escalate  mailbox 5, drop-newest     rebuilt from wood',
  '└─ roof     stop                                                   mailbox 5, refuse          rebuilt from tiles',
].join('\n');

describe('the tree as text', () => {
  it('R-SUP-1: has an aligned line for each kind, with what its crash does and what rebuilds it', () => {
    expect(renderTree(tree)).toBe(rendered);
  });

  it('R-SUP-1: must be the one in the README', () => {
    const readme = (block: string) => `# x\n<!-- tree -->\n\`\`\`text\n${block}\n\`\`\`\n<!-- /tree -->\n`;
    expect(treeDrift(readme(rendered), tree)).toBeUndefined();
    expect(treeDrift(readme(rendered.replace('3 in', '4 in')), tree)).toContain(rendered);
    expect(treeDrift('# x', tree)).toContain('no code block');
  });
});
