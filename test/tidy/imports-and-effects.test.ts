// What code may import and do: each rule shown to find a breach and to allow what is right.

import {
  effectsComeAsArguments,
  outsideWorldOnlyInAdapters,
  protocolsRunNothing,
  pureFilesLoadNoAdapter,
  zodOnlyInSchemas,
} from './effects.ts';
import { foldersByTheirIndex, layersOneWay, packagesBehindTheirPort } from './imports.ts';
import { prove } from './proof.ts';

prove([
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
      [{ 'test/src/sdp/a.test.ts': `import { b } from '../../../src/sip/b.ts';` }, `write '#src/sip'`],
    ],
    [
      { 'src/sip/a.ts': `import { b } from './b.ts'; import { c } from '#src/ids';` },
      { 'actors/kit/a.ts': `import { tree } from '../tree.ts';` },
      { 'test/src/sip/a.test.ts': `import { b } from '../../../src/sip/b.ts';` },
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
]);
