// What a participant of recording metadata is called: the number people search for, and the name they know.

import type { Participant } from './metadata.ts';

/** A party of a recording. */
export interface Party {
  readonly number: string;
  readonly name?: string;
}

/** The party a participant is. Without an address its name stands for the number, without a name its id. */
export function partyOf({ id, aor, name }: Participant): Party {
  const number = (aor === undefined ? undefined : numberOf(aor)) ?? name ?? id;
  return { number, ...(name === undefined || name === number ? {} : { name }) };
}

/** The user part of an address of record (`sip:`, `sips:`, `tel:`, with or without brackets), or its host when there is no user. */
export function numberOf(aor: string): string | undefined {
  const open = aor.indexOf('<');
  const close = aor.indexOf('>', open + 1);
  const bare = (open < 0 || close < 0 ? aor : aor.slice(open + 1, close)).trim().replace(/^(sips?|tel):/i, '');
  const [address = ''] = bare.includes('@') ? bare.split('@') : bare.split(/[;?]/);
  // A user part may carry parameters and a password of its own (RFC 3261 §19.1.1).
  const user = unescaped(address.split(';')[0]!.split(':')[0]!.trim());
  return user === '' ? undefined : user;
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
