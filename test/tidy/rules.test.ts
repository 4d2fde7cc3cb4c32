// Every style rule shown to fail on what it forbids, and to leave alone what it allows.

import { describe, expect, it } from 'vitest';
import { everyDecisionIsIndexed, everyFolderIsOnTheMap } from './documents.ts';
import {
  effectsComeAsArguments,
  outsideWorldOnlyInAdapters,
  protocolsRunNothing,
  pureFilesLoadNoAdapter,
  zodOnlyInSchemas,
} from './effects.ts';
import { everyCodeIsUsed, raisedCodesAreInTheTable } from './error-codes.ts';
import { foldersByTheirIndex, layersOneWay, packagesBehindTheirPort } from './imports.ts';
import { lockNamesEveryOptionalPackage } from './lock-file.ts';
import { luaHeadersTellKeysArgumentsReplies } from './lua.ts';
import {
  filesStayShort,
  knownSuffixes,
  nounsOfTheDomain,
  promisesGiveAReason,
  purposeFirst,
  testsMirrorSources,
} from './names.ts';
import { nodesOf, type Rule, readProject, report } from './project.ts';
import { noWordsOfTheDesk } from './words.ts';

type Files = Readonly<Record<string, string>>;

const map = `# A

## Where things live

\`\`\`
src/      errors   codes
          sip      messages
            edge   dialogs
actors/   tree.ts  the tree
          kit      nact (planned)
\`\`\`
`;

const mapped = { 'src/errors/a.ts': '', 'src/sip/edge/a.ts': '', 'actors/tree.ts': '' };

function findings(rule: Rule, files: Files): string {
  return report(rule(Object.entries(files).map(([path, text]) => ({ path, text }))));
}

describe.each<[string, Rule, [Files, string][], Files[]]>([
  [
    'layersOneWay',
    layersOneWay,
    [
      [{ 'src/a/b.ts': `// x\nimport { c } from '#actors/kit';` }, 'src/a/b.ts:2: src must not know actors'],
      [{ 'actors/a/b.ts': `export * from '#cluster/links';` }, 'actors must not know cluster'],
      [{ 'cluster/a/b.ts': `const c = await import('#ops/lab');` }, 'cluster must not know ops'],
      [{ 'src/a/b.ts': `let c: import('#ops/lab').Lab;` }, 'src must not know ops'],
      [{ 'ops/a/b.ts': `import type { C } from '../../test/c.ts';` }, 'ops must not know test'],
    ],
    [{ 'ops/a/b.ts': `import '#src/a'; import '#cluster/a';` }, { 'test/src/a.test.ts': `import '#ops/lab';` }],
  ],
  [
    'foldersByTheirIndex',
    foldersByTheirIndex,
    [
      [
        { 'src/sip/edge/a.ts': `import { b } from '../message.ts';` },
        `'../message.ts' reaches into another folder; write '#src/sip'`,
      ],
      [{ 'src/sip/a.ts': `export { b } from './edge/b.ts';` }, `write '#src/sip/edge'`],
      [{ 'src/sip/a.ts': `import { b } from '#src/sip';` }, `import './name.ts' itself`],
      [{ 'test/src/sip/a.test.ts': `import { b } from '../../../src/sip/b.ts';` }, `write '#src/sip'`],
    ],
    [
      { 'src/sip/a.ts': `import { b } from './b.ts'; import { c } from '#src/ids';` },
      { 'actors/kit/a.ts': `import { tree } from '../tree.ts';` },
      { 'test/e2e/a.test.ts': `import { lab } from '../harness/lab.ts';` },
    ],
  ],
  [
    'packagesBehindTheirPort',
    packagesBehindTheirPort,
    [
      [
        { 'actors/call/call.actor.ts': `import { spawn } from 'nact';` },
        `'nact' is not imported here: actors come from '#actors/kit'`,
      ],
      [{ 'src/a/b.ts': `import type { Actor } from 'nact/lib/actor';` }, 'makes nact safe'],
      [{ 'ops/start/start.ts': `import pm2 from 'pm2';` }, 'pm2 is a tool'],
      [{ 'cluster/replay/mix.ts': `import Queue from 'bull';` }, 'jobs go through the port'],
      [{ 'src/a/b.ts': `import { expect } from 'vitest';` }, 'does not depend on its tests'],
    ],
    [
      {
        'actors/kit/engine.ts': `import { spawn } from 'nact/lib/actor';`,
        'test/actors/kit/a.test.ts': `import 'nact';`,
      },
      { 'cluster/jobs/bull-queue.io.ts': `import Queue from 'bull';` },
      { 'src/a/b.ts': `import x from 'nactual';` },
    ],
  ],
  [
    'effectsComeAsArguments',
    effectsComeAsArguments,
    [
      [
        { 'src/a/b.ts': `// x\n\nconst t = Date.now();` },
        'src/a/b.ts:3: Date.now belongs into a .io.ts file; use clock.nowMs()',
      ],
      [{ 'src/a/b.ts': `const now = Date['now'];` }, 'clock.nowMs()'],
      [{ 'src/a/b.core.ts': `const t = new Date();` }, 'new Date(clock.nowMs())'],
      [{ 'src/a/b.ts': `const t = Date();` }, 'Date() belongs'],
      [{ 'src/a/b.ts': `performance.now();` }, 'clock.monotonicMs()'],
      [{ 'src/a/b.ts': `process.hrtime.bigint();` }, 'process.hrtime belongs'],
      [{ 'actors/a/b.actor.ts': `setTimeout(run, 5);` }, 'clock.after(delayMs, run)'],
      [{ 'actors/a/b.ts': `globalThis.setInterval(run, 5);` }, 'clock.after(delayMs, run)'],
      [{ 'src/a/b.ts': `import { setTimeout as sleep } from 'node:timers/promises';` }, 'clock.after(delayMs, run)'],
      [{ 'src/a/b.ts': `Math.random();` }, 'a Random (#src/ports)'],
      [{ 'src/a/b.ts': `import { randomUUID as id } from 'node:crypto';` }, 'a Random (#src/ports)'],
      [{ 'src/a/b.ts': `crypto.randomUUID();` }, 'a Random (#src/ports)'],
      [{ 'cluster/a/b.ts': `const { HOME } = process.env;` }, 'the configuration (#src/config)'],
      [{ 'src/a/b.ts': `process.exit(1);` }, 'cluster/processes decides'],
      [{ 'test/src/a/b.test.ts': `Math.random();` }, 'seededRandom(seed)'],
    ],
    [
      { 'src/a/b.io.ts': `Date.now(); setTimeout(f, 1); randomUUID(); process.env;` },
      { 'cluster/processes/recorder.ts': `process.env; process.exit(1);`, 'ops/lab/phone.ts': `Date.now();` },
      {
        'src/a/b.ts': `new Date(5); '// Date.now()'; clock.now(); timer.setTimeout(1); /["'] Math.random()/; Math.max(1);`,
      },
      { 'test/src/a/b.test.ts': `Date.now(); setTimeout(f, 1);` },
    ],
  ],
  [
    'outsideWorldOnlyInAdapters',
    outsideWorldOnlyInAdapters,
    [
      [
        { 'src/a/b.ts': `import { readFileSync } from 'node:fs';` },
        `'node:fs' belongs into a .io.ts or .actor.ts file`,
      ],
      [{ 'src/a/b.core.ts': `import fs from 'fs/promises';` }, `'fs/promises' belongs`],
      [{ 'actors/a/b.ts': `const dgram = await import('node:dgram');` }, `'node:dgram' belongs`],
      [{ 'cluster/a/b.ts': `import { Redis } from 'ioredis';` }, `'ioredis' belongs`],
      [{ 'cluster/a/b.ts': `import { fork } from 'node:child_process';` }, `'node:child_process' belongs`],
    ],
    [
      { 'src/a/b.io.ts': `import 'node:fs'; import 'node:net';`, 'actors/a/b.actor.ts': `import 'node:fs';` },
      {
        'src/a/b.ts': `import type { Socket } from 'node:net'; import { createHash } from 'node:crypto'; import 'node:path';`,
      },
      { 'src/a/b.ts': `import { isIP, isIPv6 } from 'node:net';` },
      { 'ops/cli/a.ts': `import 'node:fs';`, 'test/a.test.ts': `import 'node:fs';` },
    ],
  ],
  [
    'pureFilesLoadNoAdapter',
    pureFilesLoadNoAdapter,
    [
      [
        { 'src/a/b.ts': `import { open } from './files.io.ts';` },
        `does not load './files.io.ts'; take it as an argument`,
      ],
    ],
    [
      { 'src/a/index.ts': `export { open } from './files.io.ts';`, 'src/a/c.io.ts': `import './files.io.ts';` },
      { 'src/a/b.ts': `import type { Files } from './files.io.ts';` },
    ],
  ],
  [
    'protocolsRunNothing',
    protocolsRunNothing,
    [
      [
        { 'actors/a/a.protocol.ts': `export interface A {}\nexport function f() {}` },
        'actors/a/a.protocol.ts:2: a .protocol.ts file holds only',
      ],
      [{ 'actors/a/a.protocol.ts': `export const at = make();` }, 'put what runs into the .core.ts file'],
      [{ 'actors/a/a.protocol.ts': `export class A {}` }, 'put what runs into the .core.ts file'],
    ],
    [
      {
        'actors/a/a.protocol.ts': `import type { B } from './b.ts'; export type A = { f(b: B): void; new (): A }; export const limits = { ms: 5 } as const;`,
      },
    ],
  ],
  [
    'zodOnlyInSchemas',
    zodOnlyInSchemas,
    [[{ 'src/a/b.ts': `import { z } from 'zod';` }, 'zod belongs into a .schema.ts file']],
    [{ 'src/a/b.schema.ts': `import { z } from 'zod';`, 'src/a/b.ts': `import type { ZodError } from 'zod';` }],
  ],
  [
    'nounsOfTheDomain',
    nounsOfTheDomain,
    [
      [{ 'src/sip/utils.ts': '' }, `'utils.ts' says nothing about its content`],
      [{ 'src/sip/sip-helpers.ts': '' }, `'sip-helpers.ts' says nothing`],
      [{ 'src/helpers/via.ts': '' }, `'helpers' says nothing`],
      [{ 'src/sip/types.ts': '' }, `'types.ts' says nothing`],
      [{ 'cluster/services/a.lua': '' }, `'services' says nothing`],
      [{ 'test/common/a.ts': '' }, `'common' says nothing`],
    ],
    [{ 'src/media/payload-type.ts': '', 'src/sip/common-log.ts': '', 'src/cti/private-service.ts': '' }],
  ],
  [
    'knownSuffixes',
    knownSuffixes,
    [
      [
        { 'src/a/b.state.ts': '' },
        `'b.state.ts': write lower-case-words.ts with no suffix or one of .core .schema .protocol .actor .io`,
      ],
      [{ 'src/a/CallActor.ts': '' }, 'write lower-case-words.ts'],
      [{ 'test/src/a/snake_case.test.ts': '' }, 'write lower-case-words.ts'],
    ],
    [
      {
        'src/a/b.io.ts': '',
        'src/a/b-c.core.ts': '',
        'src/a/c.d.ts': '',
        'test/src/a/b.io.test.ts': '',
        'test/fixtures/X.ts': '',
      },
    ],
  ],
  [
    'filesStayShort',
    filesStayShort,
    [[{ 'src/a/b.ts': 'x\n'.repeat(401) }, '401 lines, allowed 400: look for the second noun']],
    [{ 'src/a/b.ts': 'x\n'.repeat(400), 'README.md': 'x\n'.repeat(999), 'test/fixtures/a.ts': 'x\n'.repeat(999) }],
  ],
  [
    'purposeFirst',
    purposeFirst,
    [[{ 'src/a/b.ts': `import { c } from './c.ts';` }, 'src/a/b.ts:1: begin with a line that says']],
    [
      {
        'src/a/b.ts': '// Frames.',
        'src/a/c.ts': '/** Frames. */',
        'src/a/index.ts': `export {};`,
        'ops/d.ts': '#!/usr/bin/env node\n// D',
      },
    ],
  ],
  [
    'promisesGiveAReason',
    promisesGiveAReason,
    [
      [{ 'src/a/b.ts': `//\n// ${'TO'}${'DO'} later` }, 'src/a/b.ts:2: '],
      [{ 'ops/a.sh': `# ${'FIX'}${'ME'}: broken` }, 'what it waits for'],
    ],
    [{ 'src/a/b.ts': `// ${'TO'}${'DO'}(waits for the release of nact 8): remove` }],
  ],
  [
    'raisedCodesAreInTheTable',
    raisedCodesAreInTheTable,
    [
      [
        {
          'src/errors/codes.ts': `export const codes = { 'disk-full': 'Full.' };`,
          'src/a/b.ts': `throw new TwinreelError('disk-ful', '');`,
        },
        `'disk-ful' is not in src/errors/codes.ts`,
      ],
      [{ 'src/errors/codes.ts': '', 'src/a/b.ts': `new TwinreelError(x ? 'a' : 'b', '')` }, `'b' is not in`],
    ],
    [
      {
        'src/errors/codes.ts': `const codes = { a: '', 'b-c': '' }`,
        'src/a/b.ts': `new TwinreelError(x ? 'a' : 'b-c', ''); new Error('d')`,
      },
    ],
  ],
  [
    'everyCodeIsUsed',
    everyCodeIsUsed,
    [
      [
        {
          'src/errors/codes.ts': `//\nexport const codes = { 'disk-full': 'Full.' } as const;`,
          'src/a/b.ts': `// 'disk-full'`,
        },
        `src/errors/codes.ts:2: nothing raises 'disk-full'`,
      ],
    ],
    [{ 'src/errors/codes.ts': `const codes = { 'disk-full': '' }`, 'src/a/b.ts': `fail('disk-full')` }],
  ],
  [
    'luaHeadersTellKeysArgumentsReplies',
    luaHeadersTellKeysArgumentsReplies,
    [
      [{ 'cluster/leases/acquire.lua': '' }, 'name it verb-noun-N.lua'],
      [{ 'cluster/leases/acquire-lease-1.lua': '-- Replies ok\nreturn 1' }, 'the header must describe KEYS[1]'],
      [{ 'cluster/leases/acquire-lease-1.lua': '-- KEYS[1] a\n-- KEYS[2] b\n-- Replies ok\n' }, 'the name says 1 keys'],
      [{ 'cluster/leases/a-b-0.lua': '-- KEYS[1] a\n-- Replies ok\n' }, 'must describe no KEYS'],
      [
        { 'cluster/leases/a-b-1.lua': '-- KEYS[1] a\n-- Replies ok\nreturn KEYS[2]' },
        'KEYS[2] is used, but the name says 1 keys',
      ],
      [
        { 'cluster/leases/a-b-1.lua': '-- KEYS[1] a\n-- Replies ok\nreturn ARGV[1]' },
        'ARGV[1] is used, but the header',
      ],
      [{ 'cluster/leases/a-b-1.lua': '-- KEYS[1] a\nreturn 1' }, 'must say what the script replies'],
    ],
    [
      {
        'cluster/leases/a-b-1.lua':
          '-- Takes it.\n-- KEYS[1]  lease\n-- ARGV[1]  holder\n-- Replies  epoch\nreturn KEYS[1] .. ARGV[1]',
      },
    ],
  ],
  [
    'testsMirrorSources',
    testsMirrorSources,
    [
      [{ 'test/src/a/b.test.ts': '', 'src/b/b.ts': '' }, 'there is no folder src/a'],
      [{ 'test/actors/b/b.test.ts': '', 'src/b/b.ts': '' }, 'there is no folder actors/b'],
      [{ 'test/ops/b.test.ts': '', 'ops/c.sh': '' }, 'there is no ops/b.* and no folder ops/b'],
    ],
    [
      { 'test/src/a/b.test.ts': '', 'src/a/b.ts': '' },
      { 'test/src/a/b.test.ts': '', 'src/a/b.io.ts': '' },
      { 'test/src/a/b.test.ts': '', 'src/a/b/c.ts': '' },
      { 'test/src/a/damage.test.ts': '', 'src/a/c.ts': '' },
      { 'test/ops/b.test.ts': '', 'ops/b/c.ts': '' },
      { 'test/ops/b.test.ts': '', 'ops/b.sh': '' },
      { 'test/e2e/b.test.ts': '', 'test/tidy/rules.test.ts': '' },
    ],
  ],
  [
    'everyFolderIsOnTheMap',
    everyFolderIsOnTheMap,
    [
      [
        { 'ARCHITECTURE.md': map, 'src/media/codec/g711.ts': '' },
        'ARCHITECTURE.md:3: the folder src/media/codec is not on the map',
      ],
      [{ 'ARCHITECTURE.md': map, 'actors/errors/a.ts': '' }, 'the folder actors/errors is not on the map'],
      [
        { 'ARCHITECTURE.md': map, ...mapped, 'actors/kit/a.ts': '' },
        'actors/kit exists; its line on the map still says planned',
      ],
      [{ 'ARCHITECTURE.md': map }, 'src/sip/edge does not exist; say planned'],
      [{ 'ARCHITECTURE.md': '', 'src/a/b.ts': '' }, 'ARCHITECTURE.md:1: there is no section'],
    ],
    [{ 'ARCHITECTURE.md': map, ...mapped }],
  ],
  [
    'everyDecisionIsIndexed',
    everyDecisionIsIndexed,
    [
      [
        { 'ops/decisions/README.md': '', 'ops/decisions/0007-x.md': '' },
        'ops/decisions/0007-x.md:1: name it in ops/decisions/README.md',
      ],
    ],
    [{ 'ops/decisions/README.md': '[0007](0007-x.md)', 'ops/decisions/0007-x.md': '' }],
  ],
  [
    'lockNamesEveryOptionalPackage',
    lockNamesEveryOptionalPackage,
    [
      [
        { 'package-lock.json': '{"packages":{\n"node_modules/a":{"optionalDependencies":{"b":"1"}}}}' },
        'package-lock.json:2: npm ci will refuse this: add an entry for b',
      ],
    ],
    [{ 'package-lock.json': '{"packages":{"node_modules/a":{"optionalDependencies":{"b":"1"}},"node_modules/b":{}}}' }],
  ],
  [
    'noWordsOfTheDesk',
    noWordsOfTheDesk,
    [
      [{ 'README.md': `# Twinreel\nsee /wor${''}k/main` }, 'README.md:2'],
      [{ 'src/a/b.ts': `// see ..${'/'}shared/x` }, 'in our own words'],
      [{ '.ci/run': `# for Issu${'e'} #2` }, 'a number explains nothing'],
      [{ 'CHANGELOG.md': 'Planned for the next session.' }, 'not when somebody worked on it'],
    ],
    [
      { 'src/a/b.ts': '// this session ends by BYE; a network/work/folder' },
      { 'README.md': 'A recording session; an issue with #hash names; shared sockets.' },
    ],
  ],
])('%s', (_, rule, bad, good) => {
  it.each(bad)('finds %o', (files, message) => expect(findings(rule, files)).toContain(message));
  it.each(good.map((files) => [files] as const))('allows %o', (files) => expect(findings(rule, files)).toBe(''));
});

describe('readProject', () => {
  it('sees this file, and neither what was built nor what was installed', () => {
    const paths = readProject('.').map(({ path }) => path);
    expect(paths).toContain('test/tidy/rules.test.ts');
    expect(paths.filter((path) => /^(node_modules|dist|\.git)\//.test(path))).toEqual([]);
  });
});

describe('nodesOf', () => {
  it('throws on what is not TypeScript, so that no rule passes by not understanding', () => {
    expect(() => nodesOf({ path: 'src/a.ts', text: 'const = ;' })).toThrow();
  });
});
