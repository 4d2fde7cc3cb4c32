// The documents against the files they speak of.

import { finding, products, type Rule } from './project.ts';

const section = '## Where things live';

/** Every folder of the four layers has its line in the map, two levels deep below a layer where there are two. */
export const everyFolderIsOnTheMap: Rule = (project) => {
  const document = project.find(({ path }) => path === 'ARCHITECTURE.md');
  if (!document) return [];
  const at = document.text.indexOf(section);
  const map = /^```\n([\s\S]*?)\n```$/m.exec(document.text.slice(Math.max(0, at)))?.[1];
  if (at < 0 || map === undefined) return [finding(document, 0, `there is no section '${section}' with a map`)];
  const known = foldersOf(map);
  const folders = new Set(products(project).map(({ path }) => path.split('/').slice(0, -1).slice(0, 3).join('/')));
  return [...folders]
    .filter((folder) => folder.includes('/') && !known.has(folder))
    .map((folder) =>
      finding(document, at, `the folder ${folder} is not on the map; add a line that says what it is for`),
    );
};

/** `src/  sip  …` opens a layer; lines below name its folders, and with two more spaces the folders in those. */
function foldersOf(map: string): Set<string> {
  const known = new Set<string>();
  let layer = '';
  let parent = { column: 0, path: '' };
  for (const line of map.split('\n')) {
    const [, opened, indent, name] = /^([a-z]+\/)?(\s+)(\S+)/.exec(line) ?? [];
    if (indent === undefined || name === undefined) continue;
    if (opened) layer = opened;
    const column = (opened ?? '').length + indent.length;
    if (opened || column <= parent.column) {
      parent = { column, path: layer + name };
      known.add(parent.path);
    } else {
      known.add(`${parent.path}/${name}`);
    }
  }
  return known;
}

/** Every decision can be found from the index. */
export const everyDecisionIsIndexed: Rule = (project) => {
  const index = project.find(({ path }) => path === 'ops/decisions/README.md')?.text ?? '';
  return project
    .filter(({ path }) => /^ops\/decisions\/\d{4}-.*\.md$/.test(path))
    .filter(({ path }) => !index.includes(`(${path.split('/').at(-1)})`))
    .map((file) => finding(file, 0, 'name it in ops/decisions/README.md'));
};
