// Which requirement ids the titles of tests name. It reads text, not results: a title that names an id claims a proof,
// and the test run says whether the claim holds.

/** What the tests claim. Ids stand in the order of the list. */
export interface Coverage {
  /** How many titles name each id of the list. */
  readonly tests: Readonly<Record<string, number>>;
  /** Ids that no title names. */
  readonly unnamed: readonly string[];
  /** Ids that titles name and the list does not have, each with the files that do. */
  readonly unknown: Readonly<Record<string, readonly string[]>>;
}

/** Compares the list (the text of REQUIREMENTS.md) with test sources by path. */
export function coverageOf(list: string, testSources: Readonly<Record<string, string>>): Coverage {
  const tests: Record<string, number> = Object.fromEntries(listedIds(list).map((id) => [id, 0]));
  const unknown: Record<string, string[]> = {};
  for (const [path, source] of Object.entries(testSources)) {
    for (const id of namedIds(source)) {
      if (tests[id] !== undefined) tests[id] += 1;
      else if (!unknown[id]?.includes(path)) unknown[id] = [...(unknown[id] ?? []), path];
    }
  }
  return { tests, unnamed: Object.keys(tests).filter((id) => tests[id] === 0), unknown };
}

/** The ids of the list, in its order: `- **R-SIP-1** …` defines R-SIP-1. Throws if one is defined twice. */
export function listedIds(list: string): string[] {
  const ids = [...list.matchAll(/^- \*\*(R-[A-Z]+-\d+)\*\* /gm)].map((match) => match[1]!);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice) throw new Error(`${twice} is defined twice`);
  return ids;
}

/** The ids at the beginning of each title, once per title: `'R-REC-5, R-REC-6: …'` names two. */
export function namedIds(testSource: string): string[] {
  const titles = testSource.matchAll(/['"`](R-[A-Z]+-\d+(?:(?:, | and | )R-[A-Z]+-\d+)*)\b/g);
  return [...titles].flatMap((title) => [...new Set(title[1]!.match(/R-[A-Z]+-\d+/g))]);
}
