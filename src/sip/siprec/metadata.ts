// Recording metadata (RFC 7865) as a value: who takes part in which communication session, and who speaks on which stream.
// One update after the other is merged into it: `complete` replaces all, `partial` what it names. Reading XML is done by
// metadata-document.ts.

/** When a link began and ended, as the client wrote it (RFC 3339). A link with an end is over. */
export interface Association {
  readonly associated?: string;
  readonly disassociated?: string;
}

/** A communication session: a call, seen from the recording session that carries it. */
export interface CommunicationSession {
  readonly id: string;
  readonly sipSessionId?: string;
  readonly group?: string;
  readonly started?: string;
  readonly stopped?: string;
  readonly reason?: string;
}

export interface Participant {
  readonly id: string;
  /** Address of record as written: `sip:4711@example.com`. */
  readonly aor?: string;
  readonly name?: string;
}

/** A stream; `label` is the label of its m-line (RFC 4574). */
export interface MetadataStream extends Association {
  readonly id: string;
  readonly session?: string;
  readonly label?: string;
  /** `mixed` when the client says that several voices are in it. */
  readonly mode?: 'separate' | 'mixed';
}

/** The session is (or was) recorded by this recording session. */
export interface SessionRecording extends Association {
  readonly session: string;
}

export interface ParticipantSession extends Association {
  readonly participant: string;
  readonly session: string;
}

/** `send`: this participant's voice is in the stream; `recv`: it hears the stream. */
export interface ParticipantStream extends Association {
  readonly participant: string;
  readonly stream: string;
  readonly direction: 'send' | 'recv';
}

/** All that is known. Lists keep the order in which things became known; ids are unique within a list. */
export interface Metadata {
  readonly sessions: readonly CommunicationSession[];
  readonly participants: readonly Participant[];
  readonly streams: readonly MetadataStream[];
  readonly sessionRecordings: readonly SessionRecording[];
  readonly participantSessions: readonly ParticipantSession[];
  readonly participantStreams: readonly ParticipantStream[];
}

/** What one message says. `ended` names participants that leave every stream, without saying which. */
export interface MetadataUpdate extends Metadata {
  readonly mode: 'complete' | 'partial';
  readonly ended: readonly (Association & { readonly participant: string })[];
}

const noMetadata: Metadata = {
  sessions: [],
  participants: [],
  streams: [],
  sessionRecordings: [],
  participantSessions: [],
  participantStreams: [],
};

/** Entries of each list; a client that names more is not believed. */
export const metadataEntriesMax = 512;

/** What is known after an update. Over the bound of a list its oldest entries go: what is said last is what holds. */
export function applyMetadata(before: Metadata | undefined, update: MetadataUpdate): Metadata {
  const base = before === undefined || update.mode === 'complete' ? noMetadata : before;
  const byId = (one: { readonly id: string }) => one.id;
  return {
    sessions: merged(base.sessions, update.sessions, byId),
    participants: merged(base.participants, update.participants, byId),
    streams: merged(base.streams, update.streams, byId),
    sessionRecordings: merged(base.sessionRecordings, update.sessionRecordings, (one) => one.session),
    participantSessions: merged(base.participantSessions, update.participantSessions, (one) =>
      JSON.stringify([one.participant, one.session]),
    ),
    participantStreams: streamLinks(base.participantStreams, update),
  };
}

/** Whether an update builds on something that is not known: only a snapshot can tell the rest. */
export function needsSnapshot(before: Metadata | undefined, update: MetadataUpdate): boolean {
  if (update.mode === 'complete') return false;
  if (before === undefined) return true;
  const after = applyMetadata(before, update);
  const ids = (entries: readonly { readonly id: string }[]) => new Set(entries.map((one) => one.id));
  const participants = ids(after.participants);
  const streams = ids(after.streams);
  const sessions = ids(after.sessions);
  return (
    update.participantStreams.some((one) => !participants.has(one.participant) || !streams.has(one.stream)) ||
    update.participantSessions.some((one) => !participants.has(one.participant) || !sessions.has(one.session)) ||
    update.streams.some((one) => one.session !== undefined && !sessions.has(one.session))
  );
}

/** Fields that an update leaves out keep their value; but a link that is told of without an end has none. */
function merged<T extends object>(before: readonly T[], news: readonly T[], keyOf: (one: T) => string): readonly T[] {
  const entries = new Map(before.map((one) => [keyOf(one), one] as const));
  for (const one of news) {
    const { disassociated: _, ...known } = { disassociated: undefined, ...entries.get(keyOf(one)) };
    entries.set(keyOf(one), { ...known, ...one });
  }
  return [...entries.values()].slice(-metadataEntriesMax);
}

/**
 * Who speaks where. RFC 7865 §6.10 names all streams of a participant in one element, so a participant that has a live link
 * in the update has no others than those; one that has only ended links loses these and keeps the rest.
 */
function streamLinks(before: readonly ParticipantStream[], update: MetadataUpdate): readonly ParticipantStream[] {
  const restated = new Set(
    update.participantStreams.filter((one) => one.disassociated === undefined).map((one) => one.participant),
  );
  const left = new Map(update.ended.map((one) => [one.participant, one.disassociated] as const));
  const kept = before.filter((one) => !restated.has(one.participant));
  const links = merged(kept, update.participantStreams, (one) =>
    JSON.stringify([one.participant, one.stream, one.direction]),
  );
  return links.map((one) => {
    const disassociated = left.get(one.participant);
    return disassociated === undefined || one.disassociated !== undefined ? one : { ...one, disassociated };
  });
}
