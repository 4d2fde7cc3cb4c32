// The rules a core decides by: those of its rules file, read again when it changes, else what `core.record` says. A file that is refused
// changes nothing: the rules before it stay in force.

import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { type Config, ConfigFile } from '#src/config';
import { messageOf, TwinreelError } from '#src/errors';
import { parseRules, RuleBook, type RulesFile, rulesOfDns, rulesOfTenant } from '#src/rules';

export class Rules {
  #rules: RulesFile;
  readonly #file: ConfigFile<RulesFile> | undefined;
  readonly #books = new Map<string, RuleBook>();

  /** @throws TwinreelError `rules-unreadable`, `rules-invalid`: a core does not start with rules that are refused */
  constructor({ core }: Pick<Config, 'core'>, log: Pick<Logger, 'info' | 'error'>) {
    this.#rules = loadRules({ core });
    const { rulesFile } = core;
    if (rulesFile === undefined) return;
    this.#file = new ConfigFile(rulesFile, parseRules, {
      changed: (rules) => {
        this.#take(rules);
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
    if (!this.#file) this.#take(rulesOfDns(core.record));
  }

  /** Reads the file again, for a system that does not tell of changes. */
  reload(): void {
    this.#file?.reload();
  }

  stop(): void {
    this.#file?.close();
  }

  #take(rules: RulesFile): void {
    this.#rules = rules;
    this.#books.clear();
  }

  #book(tenant: string): RuleBook {
    const known = this.#books.get(tenant);
    if (known) return known;
    const made = new RuleBook(rulesOfTenant(this.#rules, tenant));
    this.#books.set(tenant, made);
    return made;
  }
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
