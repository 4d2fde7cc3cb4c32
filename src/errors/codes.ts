// The one table of stable error codes: what an operator may see, search for and script against.
// A code never changes its meaning; a retired code is never used again.

export const codes = {
  'config-unreadable': 'The configuration file cannot be read or is not YAML.',
  'config-invalid': 'A setting is not allowed; the message names its path, its value and what is allowed.',
  'sdp-invalid': 'A session description cannot be read, or describes more than can be handled.',
} as const;

/** A stable error code of {@link codes}. */
export type Code = keyof typeof codes;
