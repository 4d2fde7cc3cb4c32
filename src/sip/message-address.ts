// Addresses of From, To, Contact, Route: `"Name" <uri>;parameters` or a bare `uri;parameters`, whose parameters then belong
// to the header and not to the URI (RFC 3261 §20.10).

import { formatParameters, type Parameter, parameterValue, parseParameters } from './message-parameter.ts';

/** A name-addr or addr-spec. */
export interface Address {
  /** Display name as written, quotes included; '' when there is none. */
  readonly display: string;
  readonly uri: string;
  readonly parameters: readonly Parameter[];
}

/** Reads one address; undefined when it is none (an unclosed bracket, no URI). */
export function parseAddress(value: string): Address | undefined {
  const open = bracketAt(value);
  if (open < 0) {
    const semicolon = value.indexOf(';');
    const uri = (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
    // A URI with a comma or question mark has to stand in brackets (RFC 3261 §20).
    if (!/^[A-Za-z][A-Za-z0-9+.-]*:[^\s,?<>"]+$/.test(uri)) return undefined;
    return { display: '', uri, parameters: semicolon < 0 ? [] : parseParameters(value.slice(semicolon)) };
  }
  const close = value.indexOf('>', open);
  if (close < 0) return undefined;
  const uri = value.slice(open + 1, close).trim();
  const rest = value.slice(close + 1).trim();
  if (uri === '' || (rest !== '' && !rest.startsWith(';'))) return undefined;
  return { display: value.slice(0, open).trim(), uri, parameters: parseParameters(rest) };
}

/** Writes an address, the URI always in brackets. */
export function formatAddress(address: Address): string {
  const display = address.display === '' ? '' : `${address.display} `;
  return `${display}<${address.uri}>${formatParameters(address.parameters)}`;
}

/** The tag of a From or To; '' when it has none. */
export function tagOf(address: Address): string {
  return parameterValue(address.parameters, 'tag') ?? '';
}

/** Where the URI's bracket opens, outside of a quoted display name. */
function bracketAt(value: string): number {
  if (!value.includes('"')) return value.indexOf('<');
  let quoted = false;
  for (let at = 0; at < value.length; at += 1) {
    const character = value[at];
    if (quoted && character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === '<' && !quoted) return at;
  }
  return -1;
}
