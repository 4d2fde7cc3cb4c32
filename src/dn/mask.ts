// Masks of numbers (guide ch. 5): which calls a rule or a group is about, by who calls whom.
//
//     200?  2*        either side is such a number       2005>       calls from 2005
//     2501=2525       between the two, either way        >2005       calls to 2005
//     20??>1*         from such a number to such one     a,b         any of several
//     *  or nothing   every call

import { TwinreelError } from '#src/errors';
import { dnCharactersText, isDnPattern } from './characters.ts';
import { compilePattern, headOf, type Pattern } from './pattern.ts';

/** Who calls whom: every number under which each side is known, such as the number first called and the one that answered. */
export interface CallNumbers {
  readonly calling: readonly string[];
  readonly called: readonly string[];
}

type Mask = (numbers: CallNumbers) => boolean;

/** Characters a list of masks may have. */
const listLengthMax = 10_000;

export class MaskList {
  readonly text: string;
  readonly #masks: readonly Mask[];

  private constructor(text: string, masks: readonly Mask[]) {
    this.text = text;
    this.#masks = masks;
  }

  /**
   * Reads masks separated by commas.
   * @throws TwinreelError `dn-mask-invalid`, with the mask and what is allowed
   */
  static parse(text: string): MaskList {
    if (text.length > listLengthMax) {
      throw refused(`${text.slice(0, 40)}…`, `a list of masks has at most ${listLengthMax} characters`);
    }
    const items = text.split(',').map((item) => item.trim());
    // An item that is every call makes the others needless.
    const isEvery = text.trim() === '' || items.includes('*');
    const masks = items.filter((item) => item !== '*' && text.trim() !== '').map(maskOf);
    return new MaskList(text, isEvery ? [] : masks);
  }

  /** In a call that they match a number begins with one of these; undefined where it may begin with anything. */
  get heads(): readonly string[] | undefined {
    const heads = this.text.split(',').map((item) => {
      const sides = item.trim().split(/[>=]/).map(headOf);
      return sides.reduce((longest, head) => (head.length > longest.length ? head : longest), '');
    });
    return this.isEvery || heads.includes('') ? undefined : heads;
  }

  /** It lets every call through, also one of which no number is known. */
  get isEvery(): boolean {
    return this.#masks.length === 0;
  }

  matches(numbers: CallNumbers): boolean {
    if (this.#masks.length === 0) return true;
    for (const mask of this.#masks) if (mask(numbers)) return true;
    return false;
  }
}

// `>` and `=` are no characters of a DN, so they are looked for first.
function maskOf(text: string): Mask {
  const [left = '', right, ...more] = text.split(/[>=]/);
  if (more.length > 0) throw refused(text, 'at most one > or =');
  if (right === undefined) {
    const is = patternOf(left, text);
    return ({ calling, called }) => some(calling, is) || some(called, is);
  }
  if (text.includes('=')) {
    const [one, other] = [patternOf(left, text), patternOf(right, text)];
    return ({ calling, called }) =>
      (some(calling, one) && some(called, other)) || (some(calling, other) && some(called, one));
  }
  if (left === '' && right === '') throw refused(text, 'a number before or after >');
  const from = left === '' ? undefined : patternOf(left, text);
  const to = right === '' ? undefined : patternOf(right, text);
  return ({ calling, called }) => (from === undefined || some(calling, from)) && (to === undefined || some(called, to));
}

function patternOf(number: string, mask: string): Pattern {
  if (isDnPattern(number)) return compilePattern(number);
  throw refused(mask, `${number === '' ? 'a number on both sides of =, none empty' : dnCharactersText}, and ? and *`);
}

/** A loop, for it runs for every rule of every call. */
function some(numbers: readonly string[], is: Pattern): boolean {
  for (let index = 0; index < numbers.length; index++) if (is(numbers[index]!)) return true;
  return false;
}

function refused(mask: string, allowed: string): TwinreelError {
  const forms = 'masks are such as 200?, 2*, 2005>, >2005, 2501=2525, and lists of them';
  return new TwinreelError('dn-mask-invalid', `the mask '${mask}' is not allowed; ${allowed} (${forms})`, {
    mask,
    allowed,
  });
}
