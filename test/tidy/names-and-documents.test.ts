// What files are called and what they say of each other: each rule shown to find a breach and to allow what is right.

import { everyDecisionIsIndexed, everyFolderIsOnTheMap } from './documents.ts';
import { everyCodeIsUsed, raisedCodesAreInTheTable } from './error-codes.ts';
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
import { prove } from './proof.ts';
import { noWordsOfTheDesk } from './words.ts';

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

prove([
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
]);
