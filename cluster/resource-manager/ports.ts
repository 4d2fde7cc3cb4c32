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

/** A port that is kept free. */
interface Due {
  ports: number;
  readonly untilMs: number;
}

export class Ports {
  readonly #capacity: number;
  #report: LoadReport | undefined;
  /** In the order in which they were sent. */
  readonly #sent = new Set<Sent>();
  #sentPorts = 0;
  /** INVITEs among them, by recording. */
  readonly #invites = new Map<string, number>();
  /** By recording, in the order in which they end. */
  readonly #due = new Map<string, Due>();
  #duePorts = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** As configured, or less where the recorder takes less. */
  get capacity(): number {
    return Math.min(this.#capacity, this.#report?.streamsMax ?? this.#capacity);
  }

  inUse(nowMs: number): number {
    this.#forget(nowMs);
    return (this.#report?.streams ?? 0) + this.#sentPorts + this.#duePorts;
  }

  /** Whether an INVITE with so many streams has room, and the other party of a recording that begins with it, too. */
  hasRoom(recording: string, ports: number, nowMs: number): boolean {
    const inUse = this.inUse(nowMs);
    const due = this.#due.get(recording)?.ports ?? 0;
    const wanted = this.#isKnown(recording) ? ports : Math.max(ports, 2);
    return inUse - Math.min(due, ports) + wanted <= this.capacity;
  }

  /** An INVITE goes there. Gives what settles it. */
  take(recording: string, ports: number, nowMs: number): { accepted(atMs: number): void; gone(): void } {
    const due = this.#due.get(recording);
    if (due) this.#setDue(due, Math.max(0, due.ports - ports));
    else if (ports < 2 && !this.#isKnown(recording)) {
      const kept = { ports: 0, untilMs: nowMs + pairMsMax };
      this.#due.set(recording, kept);
      this.#setDue(kept, 2 - ports);
    }
    const sent: Sent = { recording, ports, acceptedMs: undefined };
    this.#sent.add(sent);
    this.#sentPorts += ports;
    this.#invites.set(recording, (this.#invites.get(recording) ?? 0) + 1);
    return {
      accepted: (atMs) => {
        sent.acceptedMs = atMs;
      },
      gone: () => {
        this.#drop(sent);
        if (!this.#invites.has(recording)) this.#dropDue(recording);
      },
    };
  }

  reported(report: LoadReport): void {
    this.#report = report;
    for (const sent of this.#sent)
      if (sent.acceptedMs !== undefined && sent.acceptedMs < report.sinceMs) this.#drop(sent);
  }

  #isKnown(recording: string): boolean {
    return this.#due.has(recording) || this.#invites.has(recording);
  }

  #forget(nowMs: number): void {
    for (const [recording, { untilMs }] of this.#due) {
      if (untilMs > nowMs) break;
      this.#dropDue(recording);
    }
    if (this.#report) return;
    for (const sent of this.#sent) {
      const { acceptedMs } = sent;
      if (acceptedMs === undefined) continue;
      if (acceptedMs + callMsGuessed > nowMs) break;
      this.#drop(sent);
    }
  }

  #drop(sent: Sent): void {
    if (!this.#sent.delete(sent)) return;
    this.#sentPorts -= sent.ports;
    const left = this.#invites.get(sent.recording)! - 1;
    if (left > 0) this.#invites.set(sent.recording, left);
    else this.#invites.delete(sent.recording);
  }

  #setDue(due: Due, ports: number): void {
    this.#duePorts += ports - due.ports;
    due.ports = ports;
  }

  #dropDue(recording: string): void {
    const due = this.#due.get(recording);
    if (!due) return;
    this.#setDue(due, 0);
    this.#due.delete(recording);
  }
}
