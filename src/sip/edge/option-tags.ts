// Option tags: what the sender of a message is able to do and insists on (RFC 3261 §19.2).

import { type Header, headerValues, splitList } from '#src/sip';

/** Whether a message names an option in Supported or Require: then its sender knows what it means. */
export function knowsOption(headers: readonly Header[], option: string): boolean {
  return isNamed(headers, 'Supported', option) || requiresOption(headers, option);
}

/** Whether a message insists on an option. */
export function requiresOption(headers: readonly Header[], option: string): boolean {
  return isNamed(headers, 'Require', option);
}

function isNamed(headers: readonly Header[], name: string, option: string): boolean {
  return headerValues(headers, name)
    .flatMap(splitList)
    .some((one) => one.toLowerCase() === option);
}
