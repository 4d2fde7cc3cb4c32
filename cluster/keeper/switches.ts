// Switches of Node for the processes of a recording node.
//
// What a stream leaves behind when it is opened lives for a few turns of the event loop: too long for the young generation of
// the heap, which grows for it, and Node collects the old one late. Keeper and capture are to need what their streams need, so
// they collect early: they do little else than open streams, and are in no hurry.
//
// A young generation of 1 MiB is collected by one thread: where processors are busy, two wait for each other longer than one takes.

const early = [
  '--max-semi-space-size=1',
  '--no-parallel-scavenge',
  '--initial-old-space-size=12',
  '--heap-growing-percent=20',
] as const;
/** As Node has it. */
const usual = [
  '--max-semi-space-size=0',
  '--parallel-scavenge',
  '--initial-old-space-size=0',
  '--heap-growing-percent=0',
] as const;

/** How the keeper is started. */
export const keeperSwitches: readonly string[] = early;

/** What its children are given behind its own. */
export const childSwitches = { edge: usual, capture: early } as const;
