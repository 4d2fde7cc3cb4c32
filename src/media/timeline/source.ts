// All packets of one SSRC: puts them in order and cuts them into runs of unbroken timestamps.

import { type PlacedPacket, Run } from './run.ts';
import { Sequencer } from './sequencer.ts';

/** How a run hangs together with the one before it, of the same SSRC. */
export interface RunLink {
  readonly run: Run;
  /** Packets the sequence numbers miss in between; undefined when they jumped too. */
  readonly missing: number | undefined;
  /** Where it would begin on the axis of the run before, if its timestamps told: they go on, and arrival does not. */
  readonly resumesAtMs?: number;
}

export interface LinkedRun {
  readonly run: Run;
  readonly link?: RunLink;
}

/** Told of every packet once, in order, with its place in its run; NaN when its payload type is unknown. */
export type Placed = (packet: PlacedPacket, run: Run | undefined, startMs: number) => void;

export class Source {
  readonly sequencer: Sequencer<PlacedPacket>;
  readonly runs: LinkedRun[] = [];
  readonly #placed: Placed;
  // Steps of packets that carry nothing we know are added to the next one that does.
  #carriedStep = 0;
  #carriedJump = false;

  constructor(placed: Placed) {
    this.#placed = placed;
    this.sequencer = new Sequencer((packet, step, jumped) => this.#place(packet, step, jumped));
  }

  #place(packet: PlacedPacket, sentStep: number, sentJump: boolean): void {
    const jumped = sentJump || this.#carriedJump;
    if (packet.kind === 'unknown') {
      this.#carriedStep += sentStep - 1;
      this.#carriedJump = jumped;
      this.#placed(packet, undefined, Number.NaN);
      return;
    }
    const step = sentStep + this.#carriedStep;
    this.#carriedStep = 0;
    this.#carriedJump = false;
    let run = this.runs.at(-1)?.run;
    const stalls = run?.stallsBefore(packet, step, jumped) && !this.sequencer.overtaken.has(packet);
    if (stalls || !run?.continues(packet, step, jumped)) {
      const resumesAtMs = stalls ? run?.positionMsOf(packet.timestamp) : undefined;
      const link = run && {
        run,
        missing: jumped ? undefined : step - 1,
        ...(resumesAtMs !== undefined && { resumesAtMs }),
      };
      run = new Run(packet);
      this.runs.push({ run, ...(link && { link }) });
    }
    this.#placed(packet, run, run.place(packet, step, jumped));
  }
}
