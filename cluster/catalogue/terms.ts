// What a conversation is found by, as lexemes: `kind:value`. What is stored and what is asked for is folded here and nowhere else, so
// that both meet. Nothing is found that is not one of these, begins with what is asked for, or is part of a number.

import type { Conversation } from '#src/recording/consolidate';

/** What people said of it. */
export interface Remarks {
  readonly tags: readonly string[];
  readonly notes: readonly string[];
}

export type TermKind = 'dn' | 'agent' | 'number' | 'data' | 'direction' | 'problem' | 'tag' | 'word';

/** A conference of a day has many names; one that a mistake joined could have any number. */
const termsMax = 2_000;
const charactersMax = 200;

/** Sorted, without repetition; what is over the bound is left out. */
export function termsOf(conversation: Conversation, { tags, notes }: Remarks): string[] {
  const { participants, couples, externalData, direction, problem } = conversation;
  const said = [
    ...participants.flatMap(({ name, agentId }) => [name, agentId]),
    ...couples.flatMap((couple) => [couple.name, couple.otherName]),
    ...numbersOf(conversation),
    ...externalData.map(({ value }) => value),
    ...tags,
    ...notes,
  ];
  const terms = new Set([
    term('direction', direction),
    term('problem', problem),
    ...couples.map(({ dn }) => term('dn', dn)),
    ...participants.flatMap(({ role, number }) => (role === 'agent' ? [term('dn', number)] : [])),
    ...[...participants, ...couples].flatMap(({ agentId, name = '' }) =>
      agentId === undefined ? [] : [agentId, name, ...wordsOf(name)].map((one) => term('agent', one)),
    ),
    ...numbersOf(conversation).map((number) => term('number', number)),
    ...tags.map((tag) => term('tag', tag)),
    ...externalData.map(({ key, value }) => dataTerm(key, value)),
    ...said.flatMap((text) => wordsOf(text ?? '').map((word) => term('word', word))),
  ]);
  return [...terms].slice(0, termsMax).sort();
}

/** The numbers of everybody in it, folded. */
export function numbersOf({ participants, couples }: Conversation): string[] {
  const numbers = [
    ...participants.map(({ number }) => number),
    ...couples.flatMap(({ dn, otherDn }) => (otherDn === undefined ? [dn] : [dn, otherDn])),
  ];
  return [...new Set(numbers.map(foldedNumber))].filter((number) => number !== '').sort();
}

/** As the column `numbers` has them: each between blanks. */
export function numbersText(numbers: readonly string[]): string {
  return ` ${numbers.join(' ')} `;
}

export function term(kind: Exclude<TermKind, 'data'>, value: string): string {
  return cut(`${kind}:${kind === 'number' ? foldedNumber(value) : folded(value)}`);
}

/** Keys are taken as they are: they are names of a program. Without a value, what every value of the key begins with. */
export function dataTerm(key: string, value = ''): string {
  return cut(`data:${JSON.stringify(clean(key))}=${folded(value)}`);
}

/** Words of letters and digits, folded. */
export function wordsOf(text: string): string[] {
  return folded(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** A telephone number without what people put between its digits; anything else, such as a SIP address, without blanks. */
export function foldedNumber(number: string): string {
  const name = folded(number);
  const isDialled = /^[+\d*#()./\s-]+$/.test(name);
  return cut(name.replaceAll(isDialled ? /[()./\s-]/g : /\s/g, ''));
}

/** Terms as PostgreSQL reads a tsvector, or operands of a tsquery. */
export function quoted(lexeme: string): string {
  return `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

/** Without case and accents: who looks for `novak` finds `Novák`. */
function folded(text: string): string {
  return clean(text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase());
}

/** PostgreSQL takes neither NUL nor half a surrogate pair. */
export function clean(text: string): string {
  return text.replaceAll(/\0|\p{Cs}/gu, '\ufffd').trim();
}

/** PostgreSQL takes lexemes of up to 2 KiB. */
function cut(lexeme: string): string {
  return clean(lexeme.slice(0, charactersMax));
}
