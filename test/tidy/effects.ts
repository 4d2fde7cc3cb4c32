// What a file may do, by its suffix. Pure files (no suffix, .core, .schema, .protocol) get time, randomness and the
// outside world as arguments, so that a seed replays a day. Every breach names the replacement.

import { type Import, importsOf } from './imports.ts';
import {
  type Finding,
  finding,
  type Node,
  nodesOf,
  products,
  type Rule,
  type SourceFile,
  stringOf,
  tests,
} from './project.ts';

/** Files that are the edge of the world anyway: adapters, the composition roots, and the tools around the cluster. */
const adapter = /\.io\.ts$|^cluster\/processes\/|^ops\//;
const adapterOrActor = /\.actor\.ts$|\.io\.ts$|^cluster\/processes\/|^ops\//;

interface Ban {
  readonly what: string;
  readonly instead: string;
}

const time = 'clock.nowMs() or clock.monotonicMs() of a Clock (#src/ports)';
const timers = 'clock.after(delayMs, run) of a Clock (#src/ports)';
const randomness = 'a Random (#src/ports): bytes, uuid, fraction';
const settings = 'the configuration (#src/config), passed in by cluster/processes';

/** `Date.now`, whether called or handed on. */
const members: Readonly<Record<string, string>> = {
  'Date.now': time,
  'performance.now': time,
  'performance.timeOrigin': time,
  'process.hrtime': time,
  'Math.random': randomness,
  'crypto.randomUUID': randomness,
  'crypto.randomBytes': randomness,
  'crypto.getRandomValues': randomness,
  'process.env': settings,
  'process.argv': settings,
  'process.exit': 'a TwinreelError; cluster/processes decides whether the process ends',
  'globalThis.setTimeout': timers,
  'globalThis.setInterval': timers,
};

/** Called by their bare name, or imported under it. */
const functions: Readonly<Record<string, string>> = {
  setTimeout: timers,
  setInterval: timers,
  randomUUID: randomness,
  randomBytes: randomness,
  randomInt: randomness,
  randomFill: randomness,
  randomFillSync: randomness,
  hrtime: time,
};

/** No clock, timer, randomness or environment outside adapters; in tests no unseeded randomness. */
export const effectsComeAsArguments: Rule = (project) => [
  ...products(project)
    .filter(({ path }) => !adapter.test(path))
    .flatMap((file) => bansIn(file)),
  ...tests(project).flatMap((file) =>
    bansIn(file)
      .filter(({ message }) => message.startsWith('Math.random'))
      .map((one) => ({ ...one, message: `Math.random: use seededRandom(seed) of #src/ports, or fast-check` })),
  ),
];

function bansIn(file: SourceFile): Finding[] {
  const imported = importsOf(file).flatMap((one) =>
    one.typeOnly || !one.specifier.startsWith('node:') ? [] : one.names.map((name) => ({ name, offset: one.offset })),
  );
  return [
    ...imported.flatMap(({ name, offset }) => found(file, offset, banOf(functions, name))),
    ...nodesOf(file).flatMap((node) => found(file, node.start, banOfNode(node))),
  ];
}

function banOfNode(node: Node): Ban | undefined {
  const callee = node['callee'] as Node | undefined;
  const args = (node['arguments'] ?? []) as Node[];
  if (node.type === 'MemberExpression') {
    const property = node['property'] as Node;
    return banOf(members, `${(node['object'] as Node)['name']}.${stringOf(property) ?? property['name']}`);
  }
  if (node.type === 'CallExpression' && callee?.type === 'Identifier') {
    return callee['name'] === 'Date' ? { what: 'Date()', instead: time } : banOf(functions, String(callee['name']));
  }
  if (node.type === 'NewExpression' && callee?.['name'] === 'Date' && args.length === 0) {
    return { what: 'new Date()', instead: `new Date(clock.nowMs()); ${time}` };
  }
  return undefined;
}

function banOf(table: Readonly<Record<string, string>>, what: string): Ban | undefined {
  return Object.hasOwn(table, what) ? { what, instead: table[what]! } : undefined;
}

function found(file: SourceFile, offset: number, ban: Ban | undefined): Finding[] {
  if (!ban) return [];
  return [finding(file, offset, `${ban.what} belongs into a .io.ts file; use ${ban.instead}`)];
}

const outside =
  /^(node:)?(fs|net|dgram|child_process|cluster|worker_threads|http|https|http2|tls|dns|timers|readline|repl)(\/|$)|^ioredis$|^drachtio-srf$/;

/** Of node:net: these look at text and touch no network. */
function onlyComputes({ names }: Import): boolean {
  return names.length > 0 && names.every((name) => /^isIP(v[46])?$/.test(name));
}

/** Sockets, files, processes and Redis only in adapters and actors. Types may be named anywhere. */
export const outsideWorldOnlyInAdapters: Rule = (project) =>
  products(project)
    .filter(({ path }) => !adapterOrActor.test(path))
    .flatMap((file) =>
      importsOf(file)
        .filter((one) => !one.typeOnly && outside.test(one.specifier) && !onlyComputes(one))
        .map((one) =>
          finding(
            file,
            one.offset,
            `'${one.specifier}' belongs into a .io.ts or .actor.ts file; take a port as an argument`,
          ),
        ),
    );

/** A pure file does not load an adapter that lies beside it: its caller passes the adapter in. Index files list both. */
export const pureFilesLoadNoAdapter: Rule = (project) =>
  products(project)
    .filter(({ path }) => !adapterOrActor.test(path) && !path.endsWith('/index.ts'))
    .flatMap((file) =>
      importsOf(file)
        .filter(({ specifier, typeOnly }) => !typeOnly && specifier.startsWith('.') && adapterOrActor.test(specifier))
        .map(({ specifier, offset }) =>
          finding(
            file,
            offset,
            `a pure file does not load '${specifier}'; take it as an argument, or name this file .io.ts`,
          ),
        ),
    );

/** .protocol.ts files hold types and constants: nothing in them runs. */
export const protocolsRunNothing: Rule = (project) =>
  products(project)
    .filter(({ path }) => path.endsWith('.protocol.ts'))
    .flatMap((file) =>
      nodesOf(file)
        .filter(({ type }) =>
          /^(CallExpression|NewExpression|ArrowFunction|Function|Class(Declaration|Expression))/.test(type),
        )
        .map((one) =>
          finding(
            file,
            one.start,
            'a .protocol.ts file holds only types and constants; put what runs into the .core.ts file',
          ),
        ),
    );

/** zod is loaded by .schema.ts files only: one place says what is allowed, everybody else has the type. */
export const zodOnlyInSchemas: Rule = (project) =>
  products(project)
    .filter(({ path }) => !path.endsWith('.schema.ts'))
    .flatMap((file) =>
      importsOf(file)
        .filter((one) => !one.typeOnly && /^zod(\/|$)/.test(one.specifier))
        .map((one) =>
          finding(file, one.offset, 'zod belongs into a .schema.ts file; export the schema or a parse function'),
        ),
    );
