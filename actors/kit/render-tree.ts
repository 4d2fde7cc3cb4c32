// The supervision tree as text: one aligned line per kind, with what a crash of it does, how often, and what brings its
// knowledge back. For `npm run tree` and for the README, which must say the same.

import type { ActorKind, SupervisionTree } from './supervision.ts';

/** One line per kind, children below their parent; no line break at the end. */
export function renderTree(tree: SupervisionTree): string {
  const rows = rowsUnder('process', '', tree);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What is wrong with the tree shown in a README between `<!-- tree -->` and `<!-- /tree -->`, or undefined. */
export function treeDrift(readme: string, tree: SupervisionTree): string | undefined {
  const shown = /<!-- tree -->\s*```\w*\n([\s\S]*?)\n```\s*<!-- \/tree -->/.exec(readme)?.[1];
  if (shown === undefined) return 'no code block between <!-- tree --> and <!-- /tree -->';
  const rendered = renderTree(tree);
  return shown === rendered ? undefined : `the tree shown is not the tree declared; it should be:\n${rendered}`;
}

function rowsUnder(parent: string, indent: string, tree: SupervisionTree): string[][] {
  const children = Object.entries(tree).filter(([, kind]) => kind.under === parent);
  return children.flatMap(([name, kind], at) => {
    const last = at === children.length - 1;
    const top = parent === 'process';
    const branch = top ? '' : last ? '└─ ' : '├─ ';
    const below = top ? '' : last ? '   ' : '│  ';
    return [rowOf(indent + branch + name, kind), ...rowsUnder(name, indent + below, tree)];
  });
}

function rowOf(name: string, kind: ActorKind): string[] {
  const { max, whenFull } = kind.mailbox;
  return [name, kind.onCrash, budgetOf(kind), `mailbox ${max}, ${whenFull}`, `rebuilt from ${kind.rebuiltFrom}`];
}

function budgetOf(kind: ActorKind): string {
  if (kind.onCrash !== 'restart') return '';
  const { restarts, withinMs, backoffMs, backoffMsMax, whenSpent = 'escalate' } = kind.budget;
  return `${restarts} in ${withinMs / 1000} s, after ${backoffMs}..${backoffMsMax} ms, then ${whenSpent}`;
}
