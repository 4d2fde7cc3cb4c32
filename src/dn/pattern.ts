// Patterns in which `?` stands for one character and `*` for any run of characters, none included. Nothing escapes them: neither
// is a character of a DN. Compared case-sensitively; linear in the text but for patterns with several `*`.

/** Whether a text is as the pattern says. */
export type Pattern = (text: string) => boolean;

const anyOne = 0x3f; // ?
const anyRun = 0x2a; // *

/** Compiled once, asked for each call: what most patterns are is answered without walking through them. */
export function compilePattern(pattern: string): Pattern {
  const firstWild = pattern.search(/[?*]/);
  if (firstWild < 0) return (text) => text === pattern;
  if (firstWild === pattern.length - 1 && pattern.endsWith('*')) {
    const head = pattern.slice(0, -1);
    return (text) => text.startsWith(head);
  }
  const first = pattern.charCodeAt(0);
  const fixed = pattern.replaceAll('*', '').length;
  const isFixed = fixed === pattern.length;
  return (text) => {
    if (isFixed ? text.length !== fixed : text.length < fixed) return false;
    if (first !== anyOne && first !== anyRun && text.charCodeAt(0) !== first) return false;
    return matches(pattern, text);
  };
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
