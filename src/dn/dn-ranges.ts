// DN activity detection (guide ch. 4): which DNs of a tenant are watched. What is not watched is not recorded, whoever asks.
//
//     1000-1900      all-digit DNs with a value from one to the other, as long as either bound or in between
//     3556, c1.a_b   that DN: letters, digits and symbols of which none can be read as a regular expression
//     35(0|1)\d+     else a regular expression for the whole of a DN
//
// `-` and `.` are characters of DNs, so only digits on both sides make a range, and `35.6` is a DN. Several are separated by commas,
// blanks around them are left out; a comma between braces, as in \d{3,4}, is the expression's.

import { messageOf, TwinreelError } from '#src/errors';
import { dnCharactersText, isPlainDn } from './characters.ts';

export interface DnRangeSettings {
  /** Empty together with `exclude`: every DN. Empty beside an `exclude`: every DN but those. */
  readonly include?: readonly string[];
  /** Wins over `include`. */
  readonly exclude?: readonly string[];
}

/** Whether a DN is watched, and the item that says so; without `by` it is the absence of any. */
export type DnVerdict = { readonly isWatched: boolean; readonly by?: string };

/** The longest DN; a longer one is in no range and no expression is tried on it. */
const dnLengthMax = 64;
/** A DN of that length with every character escaped fits. */
const itemLengthMax = 512;

export class DnRanges {
  readonly #include: Items;
  readonly #exclude: Items;

  /** @throws TwinreelError `dn-range-invalid`, with the item and what is allowed */
  constructor({ include = [], exclude = [] }: DnRangeSettings = {}) {
    this.#include = new Items(include);
    this.#exclude = new Items(exclude);
  }

  /** They are such that every DN is watched. */
  get areAll(): boolean {
    return this.#include.isEmpty && this.#exclude.isEmpty;
  }

  /** Every DN that is included begins with one of these; undefined where it may begin with anything. */
  get heads(): readonly string[] | undefined {
    return this.#include.heads;
  }

  has(dn: string): boolean {
    return this.verdict(dn).isWatched;
  }

  /** Why none of these DNs is watched, about the first of them; undefined when one is, or none is named. */
  whyNone(dns: readonly string[]): string | undefined {
    const [first] = dns;
    if (first === undefined || dns.some((dn) => this.has(dn))) return undefined;
    const { by } = this.verdict(first);
    return `DN ${first} ${by === undefined ? 'is in no range that is included' : `is in ${by}, which is excluded`}`;
  }

  verdict(dn: string): DnVerdict {
    const excluded = this.#exclude.of(dn);
    if (excluded !== undefined) return { isWatched: false, by: excluded };
    if (this.#include.isEmpty) return { isWatched: true };
    const included = this.#include.of(dn);
    return included === undefined ? { isWatched: false } : { isWatched: true, by: included };
  }
}

/** The items of a list, each DN tried on the cheapest first. */
class Items {
  readonly isEmpty: boolean;
  readonly #dns = new Set<string>();
  readonly #others: { readonly text: string; readonly head: string; readonly has: (dn: string) => boolean }[] = [];

  constructor(lists: readonly string[]) {
    const items = lists.flatMap(itemsOf).filter((item) => item !== '');
    this.isEmpty = items.length === 0;
    for (const text of items) {
      if (text.length > itemLengthMax) throw refused(`${text.slice(0, 40)}…`, `at most ${itemLengthMax} characters`);
      const range = /^(\d+)-(\d+)$/.exec(text);
      if (range) this.#others.push({ text, ...rangeOf(text, range[1]!, range[2]!) });
      else if (isPlainDn(text)) this.#dns.add(text);
      else this.#others.push({ text, head: '', has: expressionOf(text) });
    }
  }

  get heads(): readonly string[] | undefined {
    if (this.isEmpty || this.#others.some(({ head }) => head === '')) return undefined;
    return [...this.#dns, ...this.#others.map(({ head }) => head)];
  }

  /** The item that has the DN. */
  of(dn: string): string | undefined {
    if (dn.length > dnLengthMax) return undefined;
    return this.#dns.has(dn) ? dn : this.#others.find(({ has }) => has(dn))?.text;
  }
}

/** What stands between commas; those between braces are the expression's. */
function itemsOf(list: string): string[] {
  const parts = list.match(/(?:\{[\d,]*\}|[^,])+/g) ?? [];
  return parts.map((item) => item.trim());
}

function rangeOf(text: string, first: string, last: string): { readonly head: string; has(dn: string): boolean } {
  // Padded with zeros to one length, digits compare as the numbers they are, however long.
  const value = (digits: string) => digits.padStart(itemLengthMax, '0');
  const [from, to] = [value(first), value(last)];
  if (from > to) throw refused(text, `a range begins with the smaller number: ${last}-${first}`);
  const [shortest, longest] = [Math.min(first.length, last.length), Math.max(first.length, last.length)];
  return {
    head: shortest === longest ? commonHead(first, last) : '',
    has(dn) {
      if (dn.length < shortest || dn.length > longest || !/^\d+$/.test(dn)) return false;
      const padded = value(dn);
      return padded >= from && padded <= to;
    },
  };
}

function commonHead(one: string, other: string): string {
  const differs = [...one].findIndex((digit, index) => digit !== other[index]);
  return differs < 0 ? one : one.slice(0, differs);
}

function expressionOf(text: string): (dn: string) => boolean {
  try {
    const whole = new RegExp(`^(?:${text})$`);
    // It must be an expression by itself, not only between our brackets.
    new RegExp(text);
    return (dn) => whole.test(dn);
  } catch (error) {
    throw refused(text, `neither a DN (${dnCharactersText}) nor a regular expression: ${messageOf(error)}`);
  }
}

function refused(item: string, allowed: string): TwinreelError {
  const forms = 'items are such as 1000-1900, 3556, agent_7, 35\\d\\d';
  return new TwinreelError('dn-range-invalid', `'${item}' is not allowed in a DN range; ${allowed} (${forms})`, {
    item,
    allowed,
  });
}
