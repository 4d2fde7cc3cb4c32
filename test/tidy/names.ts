// What files are called, how long they are, how they begin, and where a test lies.

import { posix } from 'node:path';
import { type Finding, finding, products, type Rule, type SourceFile, tests } from './project.ts';

const drawers = /^(.*-)?(utils?|helpers?|misc|common|stuff)$|^(types?|services?|class(es)?|shared|lib)$/;
const suffixes = ['core', 'schema', 'protocol', 'actor', 'io'];
const name = new RegExp(`^[a-z0-9]+(-[a-z0-9]+)*(\\.(${suffixes.join('|')}))?(\\.test)?(\\.d)?\\.ts$`);
const linesMax = 400;
const layers = ['src', 'actors', 'cluster', 'ops'];

/** A file is a noun of the domain, not a drawer. */
export const nounsOfTheDomain: Rule = (project) =>
  project.filter(isCode).flatMap((file) => {
    const drawer = file.path.split('/').find((part) => drawers.test(part.split('.')[0]!));
    return drawer
      ? [finding(file, 0, `'${drawer}' says nothing about its content; name it after the noun of the domain it holds`)]
      : [];
  });

/** Lower case with hyphens, and only the known suffixes. */
export const knownSuffixes: Rule = (project) =>
  [...products(project), ...tests(project)]
    .filter(({ path }) => !name.test(posix.basename(path)))
    .map((file) =>
      finding(
        file,
        0,
        `'${posix.basename(file.path)}': write lower-case-words.ts with no suffix or one of .${suffixes.join(' .')}`,
      ),
    );

/** Past 400 lines there is a second noun in the file. */
export const filesStayShort: Rule = (project) =>
  project.filter(isCode).flatMap((file) => {
    const lines = file.text.split('\n').length - 1;
    return lines > linesMax
      ? [finding(file, file.text.length, `${lines} lines, allowed ${linesMax}: look for the second noun`)]
      : [];
  });

/** The first line says what the file is responsible for. Index files only list. */
export const purposeFirst: Rule = (project) =>
  products(project)
    .filter(({ path, text }) => !path.endsWith('/index.ts') && !/^(#!.*\n)?\/[/*]/.test(text))
    .map((file) => finding(file, 0, 'begin with a line that says what this file is responsible for and must never do'));

const promise = /\b(TOD[O]|FIXM[E])\b(?!\([^)]*\w+ \w+[^)]*\))/;

/** A postponed piece says what it waits for. */
export const promisesGiveAReason: Rule = (project) =>
  project.filter(isCode).flatMap((file) => {
    const word = promise.exec(file.text);
    return word ? [finding(file, word.index, `${word[0]}: do it, or write ${word[0]}(what it waits for)`)] : [];
  });

/** test/src/x/y.test.ts tests src/x/y.ts (or y.io.ts, y.sh …), or something that the files of the folder src/x do together. */
export const testsMirrorSources: Rule = (project) => {
  const paths = project.map(({ path }) => path);
  return tests(project)
    .filter(({ path }) => /^test\/(src|actors|cluster|ops)\/.*\.test\.ts$/.test(path))
    .flatMap((file): Finding[] => {
      const tested = file.path.replace(/^test\//, '').replace(/\.test\.ts$/, '');
      const folder = posix.dirname(tested);
      const exists = layers.includes(folder)
        ? paths.some((path) => path.startsWith(`${tested}.`) || path.startsWith(`${tested}/`))
        : paths.some((path) => path.startsWith(`${folder}/`));
      const missing = layers.includes(folder) ? `no ${tested}.* and no folder ${tested}` : `no folder ${folder}`;
      return exists
        ? []
        : [finding(file, 0, `there is ${missing}; put the test where its source is, or into test/e2e`)];
    });
};

function isCode({ path }: SourceFile): boolean {
  return /\.(ts|mts|cts|js|mjs|cjs|sh|lua|c|h)$/.test(path) && !path.startsWith('test/fixtures/');
}
