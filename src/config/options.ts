// The options of the configuration as a list: for the documentation, the command line and the console.

import { configJsonSchema } from './config.schema.ts';

/** One option: `capture.portMin`, what it means with its unit, its default, what is allowed. */
export interface Option {
  readonly path: string;
  readonly about: string;
  readonly default: unknown;
  readonly allowed: string;
}

interface Node {
  readonly properties?: Record<string, Node>;
  readonly description?: string;
  readonly default?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Node;
  readonly type?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly pattern?: string;
  readonly anyOf?: readonly Node[];
}

/** Every option, in the order of the file. */
export function listOptions(): Option[] {
  return optionsOf(configJsonSchema() as Node, []);
}

/** A commented configuration file in which every option stands at its default. */
export function defaultsAsYaml(): string {
  const lines: string[] = [];
  let before: readonly string[] = [];
  for (const option of listOptions()) {
    const sections = option.path.split('.');
    const name = sections.pop()!;
    const known = sections.findIndex((section, depth) => section !== before[depth]);
    sections.forEach((section, depth) => {
      if (known === -1 || depth < known) return;
      if (depth === 0) lines.push('');
      lines.push(`${'  '.repeat(depth)}${section}:`);
    });
    before = sections;
    const indent = '  '.repeat(sections.length);
    const setting = `${name}: ${option.default === undefined ? '' : JSON.stringify(option.default)}`.trimEnd();
    lines.push(`${indent}# ${option.about} (${option.allowed})`);
    lines.push(option.default === undefined ? `${indent}# ${setting}` : `${indent}${setting}`);
  }
  return `${lines.join('\n').trim()}\n`;
}

function optionsOf(node: Node, path: readonly string[]): Option[] {
  if (!node.properties) {
    return [{ path: path.join('.'), about: node.description ?? '', default: node.default, allowed: allowedBy(node) }];
  }
  return Object.entries(node.properties).flatMap(([key, child]) => optionsOf(child, [...path, key]));
}

function allowedBy(node: Node): string {
  if (node.items?.pattern) return `a list of texts matching ${node.items.pattern}`;
  if (node.items?.enum) return `any of ${node.items.enum.join(', ')}`;
  if (node.enum) return `one of ${node.enum.join(', ')}`;
  if (node.type === 'boolean') return 'true or false';
  if (node.minimum !== undefined) return `${node.minimum} to ${node.maximum}`;
  if (node.anyOf) return 'an IPv4 or IPv6 address';
  return node.pattern ? `text matching ${node.pattern}` : 'text';
}
