// What the parts of one edge share.

import type { Clock, Random } from '#src/ports';
import type { Admission } from './admission.ts';
import type { Applications } from './applications.ts';
import type { Tally } from './counters.ts';
import type { DialogLedger } from './dialog-ledger.ts';
import type { Legs } from './legs.ts';
import type { EdgeLimits } from './limits.ts';
import type { Names } from './names.ts';
import type { Offers } from './offers.ts';
import type { Transactions } from './transactions.ts';
import type { Transport } from './transport.ts';

export interface EdgeContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly limits: EdgeLimits;
  readonly tally: Tally;
  readonly admission: Admission;
  readonly transactions: Transactions;
  readonly legs: Legs;
  readonly ledger: DialogLedger;
  readonly applications: Applications;
  readonly offers: Offers;
  readonly names: Names;
  /** In order of preference. */
  readonly transports: readonly Transport[];
}

/** A token for tags and branches: 16 hexadecimal digits, 60 random bits. */
export function tokenOf(random: Random): string {
  const uuid = random.uuid();
  return `${uuid.slice(0, 8)}${uuid.slice(9, 13)}${uuid.slice(14, 18)}`;
}
