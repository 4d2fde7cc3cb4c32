// Who may import what: layers one way, folders through their index, some packages only behind the port that tames them.

import { posix } from 'node:path';
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

/** An import, an export from elsewhere, or `import('…')`. */
export interface Import {
  readonly specifier: string;
  readonly offset: number;
  /** Erased by the compiler: nothing is loaded. */
  readonly typeOnly: boolean;
  /** The names asked for, as the other side calls them. */
  readonly names: readonly string[];
}

const layers = ['src', 'actors', 'cluster', 'ops', 'test'];

/** src ← actors ← cluster ← ops, and the tests see all of them. */
export const layersOneWay: Rule = (project) =>
  everyImport(project, (file, { specifier, offset }) => {
    const [from, to] = [layers.indexOf(layerOf(file.path)), layers.indexOf(layerOf(targetOf(file, specifier)))];
    if (to <= from) return [];
    const advice = `${layers[from]} must not know ${layers[to]} (src ← actors ← cluster ← ops)`;
    return [finding(file, offset, `${advice}; move what is needed down, or take it as an argument`)];
  });

/**
 * Within a folder `./name.ts`; anything else through the other folder's index, written `#layer/folder`. A test counts as
 * part of the folder it mirrors, and may look at its inner files.
 */
export const foldersByTheirIndex: Rule = (project) =>
  everyImport(project, (file, { specifier, offset }) => {
    const [own, target] = [posix.dirname(file.path), targetOf(file, specifier)];
    if (specifier === `#${own}` && !file.path.startsWith('test/')) {
      return [finding(file, offset, `a file does not import its own folder's index; import './name.ts' itself`)];
    }
    if (!specifier.startsWith('.')) return [];
    const folder = posix.dirname(target);
    if (folder === own || layers.includes(folder)) return [];
    if (layerOf(file.path) === 'test' && (layerOf(target) === 'test' || own === `test/${folder}`)) return [];
    return [finding(file, offset, `'${specifier}' reaches into another folder; write '#${folder}' (its index.ts)`)];
  });

interface Tamed {
  readonly packages: readonly string[];
  readonly only: RegExp;
  readonly instead: string;
}

const tamed: readonly Tamed[] = [
  {
    packages: ['nact'],
    only: /^(test\/)?actors\/kit\//,
    instead: "actors come from '#actors/kit', which makes nact safe",
  },
  { packages: ['pm2'], only: /^(?!)/, instead: 'pm2 is a tool that ecosystem.config.js configures, never a library' },
  { packages: ['bull', 'bullmq'], only: /(^|\/)jobs\//, instead: 'jobs go through the port in the folder jobs' },
  { packages: ['vitest', 'fast-check'], only: /^test\//, instead: 'the product does not depend on its tests' },
];

/** Packages with sharp edges are imported in one place each. */
export const packagesBehindTheirPort: Rule = (project) =>
  everyImport(project, (file, { specifier, offset }) =>
    tamed
      .filter(({ packages, only }) => packages.some((name) => isOf(specifier, name)) && !only.test(file.path))
      .map(({ instead }) => finding(file, offset, `'${specifier}' is not imported here: ${instead}`)),
  );

/** The imports of a file, in their order. */
export function importsOf(file: SourceFile): Import[] {
  return nodesOf(file).flatMap((node) => {
    const specifier = stringOf(node['source']);
    if (specifier === undefined || !/^(Import|Export|TSImport)/.test(node.type)) return [];
    const names = ((node['specifiers'] ?? []) as Node[]).map((one) => nameOf(one['imported'] ?? one['local']) ?? '*');
    return [{ specifier, offset: node.start, typeOnly: isTypeOnly(node), names }];
  });
}

function isTypeOnly(node: Node): boolean {
  if (node.type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type') return true;
  const specifiers = (node['specifiers'] ?? []) as Node[];
  return specifiers.length > 0 && specifiers.every((one) => (one['importKind'] ?? one['exportKind']) === 'type');
}

function nameOf(node: unknown): string | undefined {
  const { name, value } = (node ?? {}) as { name?: string; value?: string };
  return name ?? value;
}

function everyImport(project: readonly SourceFile[], check: (file: SourceFile, one: Import) => Finding[]): Finding[] {
  return [...products(project), ...tests(project)].flatMap((file) =>
    importsOf(file).flatMap((one) => check(file, one)),
  );
}

/** The path an import means, or the name of a package. */
function targetOf(file: SourceFile, specifier: string): string {
  if (specifier.startsWith('#')) return `${specifier.slice(1)}/index.ts`;
  return specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : specifier;
}

function layerOf(path: string): string {
  return path.split('/')[0]!;
}

function isOf(specifier: string, name: string): boolean {
  return specifier === name || specifier.startsWith(`${name}/`);
}
