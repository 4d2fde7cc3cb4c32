// Patterns in which `?` stands for one character and `*` for any run of characters, none included. Nothing escapes them: neither
// is a character of a DN. Compared case-sensitively; linear in the text but for patterns with several `*`.

/** Whether a text is as the pattern says. */
export type Pattern = (text: string) => boolean;

const anyOne = 0x3f; // ?
const anyRun = 0x2a; // *

/** What every text begins with that is as the pattern says. */
export function headOf(pattern: string): string {
  const firstWild = pattern.search(/[?*]/);
  return firstWild < 0 ? pattern : pattern.slice(0, firstWild);
}

/** Compiled once, asked for each call: most texts are told apart by how they begin, end, or by their length. */
export function compilePattern(pattern: string): Pattern {
  if (!/[?*]/.test(pattern)) return (text) => text === pattern;
  const head = headOf(pattern);
  const tail = pattern.slice(1 + Math.max(pattern.lastIndexOf('*'), pattern.lastIndexOf('?')));
  const fixed = pattern.replaceAll('*', '').length;
  const isFixed = fixed === pattern.length;
  const isAll = pattern === `${head}*${tail}`;
  return (text) =>
    (isFixed ? text.length === fixed : text.length >= fixed) &&
    (head === '' || text.startsWith(head)) &&
    (tail === '' || text.endsWith(tail)) &&
    (isAll || matches(pattern, text));
}

/** Greedy with one way back: where it fails after a `*`, that `*` takes one character more. */
function matches(pattern: string, text: string): boolean {
  let [at, in_, star, taken] = [0, 0, -1, 0];
  while (at < text.length) {
    const wanted = pattern.charCodeAt(in_);
    if (wanted === anyRun) {
      star = in_++;
      taken = at;
    } else if (in_ < pattern.length && (wanted === anyOne || wanted === text.charCodeAt(at))) {
      in_++;
      at++;
    } else if (star >= 0) {
      in_ = star + 1;
      at = ++taken;
    } else return false;
  }
  while (pattern.charCodeAt(in_) === anyRun) in_++;
  return in_ === pattern.length;
}
