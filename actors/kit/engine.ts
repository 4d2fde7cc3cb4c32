// What the kit needs from whoever runs actors: places in a tree, and turns. Everything else (mailboxes, supervision,
// timers) is the kit's own and therefore the same on every engine.

/** One actor's place. */
export interface Seat {
  /** Asks for one turn, later and never from within this call. The kit asks again only when that turn has begun. */
  schedule(): void;
  /** Gives up the place; a turn that was asked for does not come. The places under it have been given up before. */
  stop(): void;
}

/** Runs turns: one at a time in the whole process, each to its end. */
export interface Engine {
  seat(under: Seat | undefined, turn: () => void): Seat;
  stop(): void;
}
