// Words that belong to somebody's desk and not into the project: a reader elsewhere could not follow them.

import { type Finding, finding, type Rule } from './project.ts';

interface Word {
  readonly pattern: RegExp;
  readonly files: RegExp;
  readonly instead: string;
}

// "Session" is a word of the domain, so only prose is searched for sessions of work.
const words: readonly Word[] = [
  { pattern: /(?<![\w.-])\/work\//, files: /./, instead: 'write a path inside the project' },
  { pattern: /\.\.\/shared\b/, files: /./, instead: 'say it here, in our own words' },
  { pattern: /\bissue\s#/i, files: /./, instead: 'say what was wrong; a number explains nothing' },
  {
    pattern: /\b(this|last|previous|earlier|next|future) session\b/i,
    files: /\.(md|sh|yml|yaml)$|^\.ci\//,
    instead: 'say what is done and what is planned, not when somebody worked on it',
  },
];

export const noWordsOfTheDesk: Rule = (project) =>
  project.flatMap((file) =>
    words
      .filter(({ files }) => files.test(file.path))
      .flatMap(({ pattern, instead }): Finding[] => {
        const word = pattern.exec(file.text);
        return word ? [finding(file, word.index, `'${word[0]}': ${instead}`)] : [];
      }),
  );
