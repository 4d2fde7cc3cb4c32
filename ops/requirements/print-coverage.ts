// Prints how many tests name each requirement, and which requirements no test names. Changes nothing.
//
//   npm run coverage:requirements [-- --json] [-- --strict]
//
// Run from the project's folder. Exits 0; with --strict 1 when a test names an id that REQUIREMENTS.md does not have.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Coverage, coverageOf } from './coverage.ts';

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, strict: { type: 'boolean' } } });

const list = readFileSync('ops/requirements/REQUIREMENTS.md', 'utf8');
const testFiles = readdirSync('test', { recursive: true, encoding: 'utf8' }).filter((path) =>
  path.endsWith('.test.ts'),
);
const sources = testFiles.map((path) => [join('test', path), readFileSync(join('test', path), 'utf8')] as const);
const coverage = coverageOf(list, Object.fromEntries(sources));

console.log(options.json ? JSON.stringify(coverage) : table(coverage));
if (options.strict && Object.keys(coverage.unknown).length > 0) process.exitCode = 1;

function table({ tests, unnamed, unknown }: Coverage): string {
  const named = Object.entries(tests).filter(([, count]) => count > 0);
  return [
    ...named.map(([id, count]) => `${id.padEnd(10)} ${String(count).padStart(4)} ${count === 1 ? 'test' : 'tests'}`),
    '',
    `${named.length} of ${named.length + unnamed.length} requirements are named by tests. Not yet named:`,
    ...wrapped(unnamed),
    ...Object.entries(unknown).map(([id, files]) => `unknown id ${id} in ${files.join(', ')}`),
  ].join('\n');
}

function wrapped(ids: readonly string[], perLine = 10): string[] {
  return Array.from(
    { length: Math.ceil(ids.length / perLine) },
    (_, line) => `  ${ids.slice(line * perLine, (line + 1) * perLine).join(' ')}`,
  );
}
