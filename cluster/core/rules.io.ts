// The rules a core decides by: those of its rules file, read again when it changes, else what `core.record` says. A file that is refused
// changes nothing: the rules before it stay in force.

import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Config, ConfigFile } from '#src/config';
import { messageOf, TwinreelError } from '#src/errors';
import { type Branch, parseRules, RuleBook, type RulesFile, rulesOfDns, rulesOfTenant } from '#src/rules';
import { readRulesAside } from './rules-thread.io.ts';

/** By what they were compiled from: tenants without rules of their own share those of the file. */
type Books = Map<Branch, RuleBook>;

export class Rules {
  #rules: RulesFile;
  readonly #file: ConfigFile<Loaded> | undefined;
  #books: Books = new Map();
  /** Those of tenants that have asked. */
  readonly #booksOf = new Map<string, RuleBook>();

  /** @throws TwinreelError `rules-unreadable`, `rules-invalid`: a core does not start with rules that are refused */
  constructor({ core }: Pick<Config, 'core'>, log: Pick<Logger, 'info' | 'error'>) {
    this.#rules = loadRules({ core });
    const { rulesFile } = core;
    if (rulesFile === undefined) return;
    this.#file = new ConfigFile(rulesFile, (text, path) => this.#load(text, path), {
      changed: (loaded) => {
        this.#take(loaded);
        log.info({ file: rulesFile }, 'changed rules are in force');
      },
      refused: ({ code, message }) =>
        log.error({ alarm: code, error: message }, 'the changed rules are refused; those before stay in force'),
    });
  }

  /** What those in force say of a tenant's calls, at each moment. */
  of(tenant: string): Pick<RuleBook, 'decide'> {
    return { decide: (call) => this.#book(tenant).decide(call) };
  }

  /** `core.record` may have changed; which file the rules are in is taken at the start only. */
  configure({ core }: Pick<Config, 'core'>): void {
    if (!this.#file) this.#take({ rules: rulesOfDns(core.record), books: new Map() });
  }

  /** Reads the file again, for a system that does not tell of changes. */
  reload(): void {
    this.#file?.reload();
  }

  stop(): void {
    this.#file?.close();
  }

  /** Read and compiled before they are in force: calls are answered meanwhile. */
  async #load(text: string, path: string): Promise<Loaded> {
    const rules = await readRulesAside(text, path);
    const books: Books = new Map();
    for (const tenant of this.#booksOf.keys()) {
      const tree = rulesOfTenant(rules, tenant);
      if (!books.has(tree.admin)) books.set(tree.admin, await RuleBook.compiled(tree, () => setImmediate()));
    }
    return { rules, books };
  }

  #take({ rules, books }: Loaded): void {
    this.#rules = rules;
    this.#books = books;
    this.#booksOf.clear();
  }

  #book(tenant: string): RuleBook {
    const known = this.#booksOf.get(tenant);
    if (known) return known;
    const tree = rulesOfTenant(this.#rules, tenant);
    const book = this.#books.get(tree.admin) ?? new RuleBook(tree);
    this.#books.set(tree.admin, book);
    this.#booksOf.set(tenant, book);
    return book;
  }
}

interface Loaded {
  readonly rules: RulesFile;
  readonly books: Books;
}

/**
 * The rules that a configuration names, or those that `core.record` amounts to.
 * @throws TwinreelError `rules-unreadable`, `rules-invalid`
 */
export function loadRules({ core }: Pick<Config, 'core'>): RulesFile {
  return core.rulesFile === undefined ? rulesOfDns(core.record) : readRules(core.rulesFile);
}

/** @throws TwinreelError `rules-unreadable`, `rules-invalid` */
export function readRules(path: string): RulesFile {
  return parseRules(readText(path), path);
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const message = `${path} cannot be read: ${messageOf(error)}`;
    throw new TwinreelError('rules-unreadable', message, { path }, { cause: error });
  }
}
