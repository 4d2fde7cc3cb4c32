import { describe, expect, it } from 'vitest';
import { nodesOf, readProject } from './project.ts';

describe('readProject', () => {
  it('sees this file, and neither what was built nor what was installed', () => {
    const paths = readProject('.').map(({ path }) => path);
    expect(paths).toContain('test/tidy/project.test.ts');
    expect(paths.filter((path) => /^(node_modules|dist|\.git)\//.test(path))).toEqual([]);
  });
});

describe('nodesOf', () => {
  it('throws on what is not TypeScript, so that no rule passes by not understanding', () => {
    expect(() => nodesOf({ path: 'src/a.ts', text: 'const = ;' })).toThrow();
  });
});
