// Which session a dialog, a stream or a command belongs to, and how many streams are held. Pure and immutable from the
// outside: the `sessions` actor keeps one and asks it.

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
}

export class Register {
  readonly #entries = new Map<string, Entry>();
  readonly #byPairing = new Map<string, string>();
  readonly #byDialog = new Map<string, string>();
  readonly #byStream = new Map<string, string>();
  #held = 0;

  get sessions(): number {
    return this.#entries.size;
  }

  /** Streams held, of all sessions. */
  get held(): number {
    return this.#held;
  }

  /** The take that a dialog with these words of itself joins, or undefined when it begins a new one. */
  joins(invite: Invite): string | undefined {
    const take = pairingsOf(invite)
      .map((pairing) => this.#byPairing.get(pairing))
      .find((one) => one !== undefined);
    return take !== undefined && this.#entries.get(take)?.joinable ? take : undefined;
  }

  ofDialog(dialog: string): string | undefined {
    return this.#byDialog.get(dialog);
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

  /** Notes a dialog and its streams under `take`. */
  add(take: string, recordingId: string, invite: Invite, streams: readonly WantedStream[]): void {
    const before = this.#entries.get(take) ?? {
      take,
      recordingId,
      pairings: [],
      dialogs: [],
      streams: [],
      held: 0,
      joinable: true,
    };
    const pairings = pairingsOf(invite);
    const ids = streams.map((one) => one.stream);
    this.#entries.set(take, {
      ...before,
      pairings: [...before.pairings, ...pairings],
      dialogs: [...before.dialogs, invite.dialog],
      streams: [...before.streams, ...ids],
      held: before.held + ids.length,
    });
    for (const pairing of pairings) this.#byPairing.set(pairing, take);
    this.#byDialog.set(invite.dialog, take);
    for (const stream of ids) this.#byStream.set(stream, take);
    this.#held += ids.length;
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
    this.#entries.delete(take);
    this.#held -= entry.held;
    dropOwn(this.#byPairing, entry.pairings, take);
    dropOwn(this.#byDialog, entry.dialogs, take);
    dropOwn(this.#byStream, entry.streams, take);
  }
}

/** By (id, CallUUID), else by (CallUUID, recordDN): what two dialogs of one recording have in common. */
function pairingsOf({ dialog, msr }: Invite): string[] {
  const { recordingId, callUuid, recordDn } = msr;
  if (recordingId !== undefined) return [JSON.stringify(['id', recordingId, callUuid ?? ''])];
  if (callUuid !== undefined && recordDn !== undefined) return [JSON.stringify(['call', callUuid, recordDn])];
  return [JSON.stringify(['dialog', dialog])];
}

/** A later take may have claimed the same key: that one stays. */
function dropOwn(map: Map<string, string>, keys: readonly string[], take: string): void {
  for (const key of keys) if (map.get(key) === take) map.delete(key);
}
