// The project as the style rules see it: its text files, their syntax trees, and what a rule finds. Reads, never writes.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAst } from 'vitest/node';

/** A file of the project. `path` is relative to its root, with slashes. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** One breach: where it is, and what to write instead. */
export interface Finding {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** A style rule looks at the whole project, because some rules join files. */
export type Rule = (project: readonly SourceFile[]) => Finding[];

/** A node of the ESTree that vitest's parser gives for TypeScript. */
export interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [property: string]: unknown;
}

const notOurs = new Set(['.git', 'node_modules', 'dist', 'var']);

/** Every text file below `root`, in the order of their paths. */
export function readProject(root: string): SourceFile[] {
  const files: SourceFile[] = [];
  const visit = (folder: string) => {
    const entries = readdirSync(join(root, folder), { withFileTypes: true });
    for (const entry of entries.sort((one, other) => (one.name < other.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (notOurs.has(entry.name)) continue; // `.git` is a file in a worktree
      if (entry.isDirectory()) visit(path);
      if (!entry.isFile() || entry.name.endsWith('.log')) continue;
      const text = readFileSync(join(root, path), 'utf8');
      if (!text.includes('\0')) files.push({ path, text });
    }
  };
  visit('');
  return files;
}

/** TypeScript files that are the product: those below src, actors, cluster and ops. */
export function products(project: readonly SourceFile[]): SourceFile[] {
  return project.filter((file) => /^(src|actors|cluster|ops)\/.*\.ts$/.test(file.path));
}

/** TypeScript files below test, without the fixtures. */
export function tests(project: readonly SourceFile[]): SourceFile[] {
  return project.filter((file) => /^test\/(?!fixtures\/).*\.ts$/.test(file.path));
}

/** Every node of a TypeScript file, parents before their children. Throws if the file is not TypeScript. */
export function nodesOf(file: SourceFile): readonly Node[] {
  let nodes = parsed.get(file);
  if (!nodes) {
    nodes = [];
    collect(parseAst(file.text, { lang: 'ts' }) as unknown as Node, nodes);
    parsed.set(file, nodes);
  }
  return nodes;
}

const parsed = new WeakMap<SourceFile, Node[]>();

function collect(value: unknown, into: Node[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item, into);
  } else if (typeof value === 'object' && value !== null && 'type' in value) {
    into.push(value as Node);
    for (const child of Object.values(value)) if (typeof child === 'object') collect(child, into);
  }
}

/** A finding at a place in a file, given by its offset. */
export function finding(file: SourceFile, offset: number, message: string): Finding {
  return { path: file.path, line: file.text.slice(0, offset).split('\n').length, message };
}

/** Findings as people read them, one a line, clickable in most terminals. */
export function report(findings: readonly Finding[]): string {
  return findings.map(({ path, line, message }) => `${path}:${line}: ${message}`).join('\n');
}

/** The text of a string in the source, or undefined for anything else. */
export function stringOf(node: unknown): string | undefined {
  const { type, value } = (node ?? {}) as Partial<Node>;
  return type === 'Literal' && typeof value === 'string' ? value : undefined;
}
