// Settings of a core that acts for every DN, as one does that shares them with nobody.

import { alwaysActs } from '#src/shards';

const dutyOf = alwaysActs('a/core/1');

export const acting = {
  duty: (dn: string) => dutyOf('acme', dn),
  twinWaitMs: 300,
  restartsLost: true,
  lostLingerMs: 900_000,
};
