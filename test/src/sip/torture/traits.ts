// Messages with the traits RFC 4475 lists, in our own words, and what is required of whoever gets them. The names are those
// of the RFC's sections. Responses to our own requests (3.1.1.12, 3.1.1.13) have a test of their own.

import { malformed } from './malformed.ts';
import { transactionAndApplication } from './semantics.ts';
import type { Trait } from './trait.ts';
import { wellFormed } from './well-formed.ts';

/** The catalogue. */
export const traits: readonly Trait[] = [...wellFormed, ...malformed, ...transactionAndApplication];
