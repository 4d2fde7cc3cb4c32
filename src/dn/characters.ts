// The characters of which extensions, DNs and terminals are made (guide ch. 4, table 1). The comma is one of them there, but
// separates items wherever a list can be written.

/** What a person is told who used another one. */
export const dnCharactersText = "letters, digits and @ & + $ % ' . : ; ! ~ ( ) [ ] # - _";

/** A DN of which no character could be read as part of a regular expression: that leaves out the brackets. */
export function isPlainDn(text: string): boolean {
  return /^[A-Za-z0-9@&+$%'.:;!~#_-]+$/.test(text);
}

/** A DN in which `?` and `*` may stand for characters. */
export function isDnPattern(text: string): boolean {
  return /^[A-Za-z0-9@&+$%'.:;!~()[\]#_?*-]+$/.test(text);
}
