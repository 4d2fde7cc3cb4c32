// The documents against the files they speak of.

import { finding, products, type Rule } from './project.ts';

const section = '## Where things live';

/** The map names every folder of the four layers, and says `planned` exactly of what does not exist yet. */
export const everyFolderIsOnTheMap: Rule = (project) => {
  const document = project.find(({ path }) => path === 'ARCHITECTURE.md');
  if (!document) return [];
  const at = document.text.indexOf(section);
  const map = /^```\n([\s\S]*?)\n```$/m.exec(document.text.slice(Math.max(0, at)))?.[1];
  if (at < 0 || map === undefined) return [finding(document, 0, `there is no section '${section}' with a map`)];
  const entries = entriesOf(map);
  const known = new Set(entries.map(({ path }) => path));
  const folders = new Set(products(project).map(({ path }) => path.split('/').slice(0, -1).slice(0, 3).join('/')));
  const missing = [...folders].filter((folder) => folder.includes('/') && !known.has(folder));
  return [
    ...missing.map((folder) => `the folder ${folder} is not on the map; add a line that says what it is for`),
    ...entries.flatMap(({ path, planned }) => {
      const exists = project.some((file) => file.path === path || file.path.startsWith(`${path}/`));
      if (exists === !planned) return [];
      return [
        exists ? `${path} exists; its line on the map still says planned` : `${path} does not exist; say planned`,
      ];
    }),
  ].map((message) => finding(document, at, message));
};

interface Entry {
  readonly path: string;
  readonly planned: boolean;
}

/** `src/  sip  …` opens a layer; lines below name its files and folders, and further right those in the last folder. */
function entriesOf(map: string): Entry[] {
  const entries: Entry[] = [];
  let layer = '';
  let parent = { column: 0, path: '' };
  for (const line of map.split('\n')) {
    const [, opened, indent, name] = /^([a-z]+\/)?(\s+)(\S+)/.exec(line) ?? [];
    if (indent === undefined || name === undefined) continue;
    if (opened) layer = opened;
    const column = (opened ?? '').length + indent.length;
    const isBelow = !opened && column > parent.column;
    const path = isBelow ? `${parent.path}/${name}` : layer + name;
    if (!isBelow) parent = { column, path };
    entries.push({ path, planned: /\bplanned\b/.test(line) });
  }
  return entries;
}

/** Every decision can be found from the index. */
export const everyDecisionIsIndexed: Rule = (project) => {
  const index = project.find(({ path }) => path === 'ops/decisions/README.md')?.text ?? '';
  return project
    .filter(({ path }) => /^ops\/decisions\/\d{4}-.*\.md$/.test(path))
    .filter(({ path }) => !index.includes(`(${path.split('/').at(-1)})`))
    .map((file) => finding(file, 0, 'name it in ops/decisions/README.md'));
};
