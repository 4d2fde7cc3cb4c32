import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRulesAside } from '#cluster/core';
import { codeOf } from '#src/errors';
import { parseRules } from '#src/rules';

const program = resolve('dist/cluster/processes/rules-reader.js');
const text = "admin: {rules: [{name: all, policy: record, numbers: '200?', data: {Segment: gold}}]}";

describe('rules that are read aside', () => {
  it('R-RUL-1: are as they are read here', async () => {
    expect(await readRulesAside(text, 'rules.yaml', program)).toEqual(parseRules(text, 'rules.yaml'));
  });

  it.each(['admin: [', 'admin: {rules: [{name: x, policy: never, numbers: 2>3>4}]}'])(
    'R-CFG-5: are refused as they are here: %s',
    async (wrong) => {
      const here = (): unknown => {
        try {
          return parseRules(wrong, 'rules.yaml');
        } catch (error) {
          return error;
        }
      };
      const refused = here() as { message: string; details: object };
      const { message, details } = refused;
      await expect(readRulesAside(wrong, 'rules.yaml', program)).rejects.toMatchObject({
        ...{ code: codeOf(refused), message, details },
      });
    },
  );

  it('R-CFG-5: are refused when their thread fails', async () => {
    const failing = readRulesAside(text, 'rules.yaml', resolve('dist/cluster/processes/no-such-thread.js'));
    await expect(failing).rejects.toMatchObject({ code: 'rules-unreadable' });
  });
});
