// Which session a dialog, a stream or a command belongs to, and how many streams are held. Keeps what it is told and
// answers; the `sessions` actor owns the only one of a recorder. Must never act on a session.

import type { Invite, WantedStream } from '#actors/session';

interface Entry {
  readonly take: string;
  readonly recordingId: string;
  readonly pairings: readonly string[];
  readonly dialogs: readonly string[];
  readonly streams: readonly string[];
  /** Streams counted against the limit. */
  readonly held: number;
  readonly joinable: boolean;
  /** Room lent to re-INVITEs that the session has not decided about, in the order they came. */
  readonly lent: readonly { readonly request: string; readonly streams: number }[];
}

export class Register {
  readonly #entries = new Map<string, Entry>();
  readonly #byPairing = new Map<string, string>();
  readonly #byDialog = new Map<string, string>();
  readonly #byStream = new Map<string, string>();
  #held = 0;
  #lent = 0;

  get sessions(): number {
    return this.#entries.size;
  }

  /** Streams held, of all sessions, and those that may be any moment. */
  get taken(): number {
    return this.#held + this.#lent;
  }

  /** Streams held, of all sessions. */
  get held(): number {
    return this.#held;
  }

  has(take: string): boolean {
    return this.#entries.has(take);
  }

  /** The take that a dialog with these words of itself joins, or undefined when it begins a new one. */
  joins(invite: Invite): string | undefined {
    const take = this.#byPairing.get(pairingOf(invite));
    return take !== undefined && this.#entries.get(take)?.joinable ? take : undefined;
  }

  /** Those that no later take has claimed. */
  dialogsOf(take: string): readonly string[] {
    const dialogs = this.#entries.get(take)?.dialogs ?? [];
    return dialogs.filter((dialog) => this.#byDialog.get(dialog) === take);
  }

  ofDialog(dialog: string): string | undefined {
    return this.#byDialog.get(dialog);
  }

  /** Every stream of a take that is not gone. */
  streams(): readonly string[] {
    return [...this.#byStream.keys()];
  }

  ofStream(stream: string): string | undefined {
    return this.#byStream.get(stream);
  }

  /** Takes that are called `name`, by take or by recording id. */
  named(name: string): string[] {
    return [...this.#entries.values()]
      .filter((one) => one.take === name || one.recordingId === name)
      .map((one) => one.take);
  }

  /** A new take of a recording, still without dialogs. Throws Error when there is one of that name. */
  begin(take: string, recordingId: string): void {
    if (this.#entries.has(take)) throw new Error(`take ${take} has begun already`);
    this.#entries.set(take, {
      take,
      recordingId,
      pairings: [],
      dialogs: [],
      streams: [],
      held: 0,
      joinable: true,
      lent: [],
    });
  }

  /** A dialog of a take that has begun, and the streams it holds. */
  join(take: string, invite: Invite, streams: readonly WantedStream[]): void {
    const entry = this.#entries.get(take);
    if (!entry) throw new Error(`take ${take} has not begun`);
    const pairing = pairingOf(invite);
    const ids = streams.map((one) => one.stream);
    this.#entries.set(take, {
      ...entry,
      pairings: [...entry.pairings, pairing],
      dialogs: [...entry.dialogs, invite.dialog],
      streams: [...entry.streams, ...ids],
      held: entry.held + ids.length,
    });
    this.#byPairing.set(pairing, take);
    this.#byDialog.set(invite.dialog, take);
    for (const stream of ids) this.#byStream.set(stream, take);
    this.#held += ids.length;
  }

  /** Streams that a take came to hold while its dialogs ran. May be told twice of the same. */
  hold(take: string, streams: readonly WantedStream[]): void {
    const entry = this.#entries.get(take);
    if (!entry) return;
    const ids = streams.map((one) => one.stream).filter((one) => !this.#byStream.has(one));
    this.#entries.set(take, { ...entry, streams: [...entry.streams, ...ids], held: entry.held + ids.length });
    for (const stream of ids) this.#byStream.set(stream, take);
    this.#held += ids.length;
  }

  /** A re-INVITE may add so many. */
  lend(take: string, request: string, streams: number): void {
    const entry = this.#entries.get(take);
    if (!entry) return;
    this.#entries.set(take, { ...entry, lent: [...entry.lent, { request, streams }] });
    this.#lent += streams;
  }

  /** The session has decided about it, and about all that came before, if a crash did not take them. */
  settle(take: string, request: string): void {
    const entry = this.#entries.get(take);
    const settled = entry?.lent.findIndex((one) => one.request === request) ?? -1;
    if (entry && settled >= 0) this.#takeBack(take, entry, settled + 1);
  }

  /** Some of the streams of a take are given back. */
  release(take: string, streams: number): void {
    const entry = this.#entries.get(take);
    if (!entry) return;
    const given = Math.min(streams, entry.held);
    this.#entries.set(take, { ...entry, held: entry.held - given });
    this.#held -= given;
  }

  /** The take takes no further dialogs. */
  close(take: string): void {
    const entry = this.#entries.get(take);
    if (entry) this.#entries.set(take, { ...entry, joinable: false });
  }

  remove(take: string): void {
    const entry = this.#entries.get(take);
    if (!entry) return;
    this.#takeBack(take, entry, entry.lent.length);
    this.#entries.delete(take);
    this.#held -= entry.held;
    dropOwn(this.#byPairing, entry.pairings, take);
    dropOwn(this.#byDialog, entry.dialogs, take);
    dropOwn(this.#byStream, entry.streams, take);
  }

  #takeBack(take: string, entry: Entry, first: number): void {
    for (const { streams } of entry.lent.slice(0, first)) this.#lent -= streams;
    this.#entries.set(take, { ...entry, lent: entry.lent.slice(first) });
  }
}

/** What two dialogs of one recording have in common: (id, CallUUID), without an id (CallUUID, recordDN); else nothing. */
function pairingOf({ dialog, msr }: Invite): string {
  const { recordingId, callUuid, recordDn } = msr;
  if (recordingId !== undefined) return JSON.stringify(['id', recordingId, callUuid ?? '']);
  if (callUuid !== undefined && recordDn !== undefined) return JSON.stringify(['call', callUuid, recordDn]);
  return JSON.stringify(['dialog', dialog]);
}

/** A later take may have claimed the same key: that one stays. */
function dropOwn(map: Map<string, string>, keys: readonly string[], take: string): void {
  for (const key of keys) if (map.get(key) === take) map.delete(key);
}
