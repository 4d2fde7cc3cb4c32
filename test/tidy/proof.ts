// How a style rule is shown to work: what it must find, and what it must leave alone.

import { describe, expect, it } from 'vitest';
import { type Rule, report } from './project.ts';

/** A little project: texts by path. */
export type Files = Readonly<Record<string, string>>;

/** A rule, what it finds (with a part of the report) and what it allows. */
export type Proof = [name: string, rule: Rule, bad: [Files, string][], good: Files[]];

/** Makes a test of every line of the table. */
export function prove(proofs: Proof[]): void {
  describe.each<Proof>(proofs)('%s', (_, rule, bad, good) => {
    const findings = (files: Files) => report(rule(Object.entries(files).map(([path, text]) => ({ path, text }))));
    it.each(bad)('finds %o', (files, message) => expect(findings(files)).toContain(message));
    it.each(good.map((files) => [files] as const))('allows %o', (files) => expect(findings(files)).toBe(''));
  });
}
