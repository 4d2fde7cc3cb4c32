// How many ports of a recorder are in use, a port being a stream (guide ch. 7). What is said in dialogs does not pass the resource manager,
// so it never sees one end: the recorder's own word counts, and what was sent there since it said so.
//
//   in use = what the recorder reported + sent and not yet in a report + kept free for the other party of a call that has begun

/** A recorder's word on how many streams it has. */
export interface LoadReport {
  readonly streams: number;
  /** How many it takes, if it says so. */
  readonly streamsMax?: number;
  /** Everything it had accepted by then is in `streams`; monotonic ms. */
  readonly sinceMs: number;
}

/** One INVITE that was sent to the recorder. */
interface Sent {
  readonly recording: string;
  readonly ports: number;
  acceptedMs: number | undefined;
}

/** In which the INVITE of the other party comes, if it comes at all. */
const pairMsMax = 2_000;
/** Of a recorder that never says how many streams it has: as long as a call, more or less. Then it will say so by 503 when it is full. */
const callMsGuessed = 180_000;

export class Ports {
  readonly #capacity: number;
  #report: LoadReport | undefined;
  #sent: Sent[] = [];
  /** Kept free, by recording. */
  readonly #due = new Map<string, { ports: number; readonly untilMs: number }>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** As configured, or less where the recorder takes less. */
  get capacity(): number {
    return Math.min(this.#capacity, this.#report?.streamsMax ?? this.#capacity);
  }

  inUse(nowMs: number): number {
    this.#forget(nowMs);
    const sent = this.#sent.reduce((sum, { ports }) => sum + ports, 0);
    const due = [...this.#due.values()].reduce((sum, { ports }) => sum + ports, 0);
    return (this.#report?.streams ?? 0) + sent + due;
  }

  /** Whether an INVITE with so many streams has room, and the other party of a recording that begins with it, too. */
  hasRoom(recording: string, ports: number, nowMs: number): boolean {
    const due = this.#due.get(recording)?.ports ?? 0;
    const wanted = this.#has(recording) ? ports : Math.max(ports, 2);
    return this.inUse(nowMs) - Math.min(due, ports) + wanted <= this.capacity;
  }

  /** An INVITE goes there. Gives what settles it. */
  take(recording: string, ports: number, nowMs: number): { accepted(atMs: number): void; gone(): void } {
    const due = this.#due.get(recording);
    if (due) due.ports = Math.max(0, due.ports - ports);
    else if (ports < 2 && !this.#has(recording)) {
      this.#due.set(recording, { ports: 2 - ports, untilMs: nowMs + pairMsMax });
    }
    const sent: Sent = { recording, ports, acceptedMs: undefined };
    this.#sent.push(sent);
    return {
      accepted: (atMs) => {
        sent.acceptedMs = atMs;
      },
      gone: () => {
        this.#sent = this.#sent.filter((one) => one !== sent);
        if (!this.#isSent(recording)) this.#due.delete(recording);
      },
    };
  }

  reported(report: LoadReport): void {
    this.#report = report;
    this.#sent = this.#sent.filter(({ acceptedMs }) => acceptedMs === undefined || acceptedMs >= report.sinceMs);
  }

  #has(recording: string): boolean {
    return this.#due.has(recording) || this.#isSent(recording);
  }

  #isSent(recording: string): boolean {
    return this.#sent.some((one) => one.recording === recording);
  }

  #forget(nowMs: number): void {
    for (const [recording, { untilMs }] of this.#due) if (untilMs <= nowMs) this.#due.delete(recording);
    if (this.#report) return;
    this.#sent = this.#sent.filter(({ acceptedMs = nowMs }) => acceptedMs + callMsGuessed > nowMs);
  }
}
