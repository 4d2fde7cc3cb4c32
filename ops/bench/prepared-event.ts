// An event as a frame that is ready but for a few holes of fixed width: filling them costs a fraction of encoding the event, so a
// bench can tell of more than the process it measures can hear.

import type { SomeMessage } from '#src/cti';
import { encodeFrame } from '#src/frames';

interface Hole {
  readonly name: string;
  readonly at: number;
  readonly bytes: number;
}

export class PreparedEvent {
  readonly #frame: Buffer;
  readonly #holes: readonly Hole[];

  /** `markers`: by name of a hole, what stands in its place in `event`, once or several times. */
  constructor(event: SomeMessage, markers: Readonly<Record<string, string>>) {
    this.#frame = encodeFrame(event);
    this.#holes = Object.entries(markers).flatMap(([name, marker]) =>
      placesOf(this.#frame, marker).map((at) => ({ name, at, bytes: marker.length })),
    );
  }

  get bytes(): number {
    return this.#frame.length;
  }

  /**
   * Writes the frame with `values` in its holes, and gives where it ends. A text has to be as long as its marker; a number may be
   * shorter: blanks may stand before a number in JSON.
   */
  write(into: Buffer, at: number, values: Readonly<Record<string, string>>): number {
    this.#frame.copy(into, at);
    for (const hole of this.#holes)
      into.write(values[hole.name]!.padStart(hole.bytes), at + hole.at, hole.bytes, 'latin1');
    return at + this.#frame.length;
  }
}

function placesOf(frame: Buffer, marker: string): number[] {
  const places: number[] = [];
  for (let at = frame.indexOf(marker); at >= 0; at = frame.indexOf(marker, at + marker.length)) places.push(at);
  return places;
}
