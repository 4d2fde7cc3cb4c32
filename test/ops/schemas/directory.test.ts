import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { directoryJsonSchema } from '#src/directory';

const path = 'ops/schemas/directory.schema.json';

describe('the published schema of the configuration protocol', () => {
  it('R-CFG-1: is the one that objects are read by', () => {
    const anew = 'write it anew: npm run -s build && node dist/ops/cli/twinreel.js schema directory';
    expect(JSON.parse(readFileSync(path, 'utf8')), `${anew} > ${path}`).toEqual(directoryJsonSchema());
  });
});
