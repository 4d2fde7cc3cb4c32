// The one table of error codes against the places that use it.

import {
  type Finding,
  finding,
  type Node,
  nodesOf,
  products,
  type Rule,
  type SourceFile,
  stringOf,
} from './project.ts';

const table = 'src/errors/codes.ts';

/** What is raised stands in the table. */
export const raisedCodesAreInTheTable: Rule = (project) => {
  const codes = new Set(codesOf(project).map(({ code }) => code));
  return products(project).flatMap((file) =>
    nodesOf(file)
      .filter((node) => node.type === 'NewExpression' && (node['callee'] as Node)['name'] === 'TwinreelError')
      .flatMap((node): Finding[] =>
        stringsIn((node['arguments'] as Node[])[0])
          .filter((code) => !codes.has(code))
          .map((code) => finding(file, node.start, `'${code}' is not in ${table}; add it there with its meaning`)),
      ),
  );
};

/** What stands in the table is used somewhere in the product. */
export const everyCodeIsUsed: Rule = (project) => {
  const used = new Set(
    products(project)
      .filter(({ path }) => path !== table)
      .flatMap((file) => nodesOf(file).flatMap((node) => stringOf(node) ?? [])),
  );
  return codesOf(project)
    .filter(({ code }) => !used.has(code))
    .map(({ code, file, offset }) => finding(file, offset, `nothing raises '${code}'; remove it, or raise it`));
};

function codesOf(project: readonly SourceFile[]): { code: string; file: SourceFile; offset: number }[] {
  const file = project.find(({ path }) => path === table);
  if (!file) return [];
  return nodesOf(file)
    .filter((node) => node.type === 'Property')
    .map((node) => {
      const key = node['key'] as Node;
      return { code: stringOf(key) ?? String(key['name']), file, offset: node.start };
    });
}

/** `'a'`, and both sides of `x ? 'a' : 'b'`. Anything else is the compiler's business. */
function stringsIn(node: Node | undefined): string[] {
  if (node?.type === 'ConditionalExpression') {
    return [...stringsIn(node['consequent'] as Node), ...stringsIn(node['alternate'] as Node)];
  }
  return [stringOf(node) ?? []].flat();
}
