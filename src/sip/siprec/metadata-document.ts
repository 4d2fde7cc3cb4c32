// The metadata document of a recording client (`application/rs-metadata`, RFC 7865 §10) and of those who wrote theirs before
// there was one: Oracle (ids as `id` and `session`, `<send>` within the participant), BroadWorks (`recording_metadata`,
// `urn:uuid:` ids, `<aor>` beside `<name>`, one mixed stream), participants within their session. Reads what it knows and
// leaves out the rest.

import type {
  Association,
  CommunicationSession,
  MetadataStream,
  MetadataUpdate,
  Participant,
  ParticipantSession,
  ParticipantStream,
} from './metadata.ts';
import { attribute, childrenNamed, childText, parseXml, unreadable, type XmlElement } from './xml.ts';

const characterMax = 512;

/**
 * Reads a metadata document.
 * @throws TwinreelError `metadata-unreadable` when it is no XML, not allowed (document types, entities, depth, size), or
 * about something else.
 */
export function parseMetadata(document: string): MetadataUpdate {
  const root = parseXml(document);
  if (!/recording/.test(root.name)) throw unreadable(`root element <${root.name}>; <recording> is read`);
  const found = new Found();
  found.read(root, undefined);
  const { sessions, participants, streams, sessionRecordings, participantSessions, participantStreams, ended } = found;
  return {
    mode: childText(root, 'datamode')?.toLowerCase() === 'partial' ? 'partial' : 'complete',
    ...{ sessions, participants, streams, sessionRecordings, participantSessions, participantStreams, ended },
  };
}

class Found {
  readonly sessions: CommunicationSession[] = [];
  readonly participants: Participant[] = [];
  readonly streams: MetadataStream[] = [];
  readonly sessionRecordings: (Association & { session: string })[] = [];
  readonly participantSessions: ParticipantSession[] = [];
  readonly participantStreams: ParticipantStream[] = [];
  readonly ended: (Association & { participant: string })[] = [];

  /** `within`: the session element around, which participants and streams in it belong to. */
  read(parent: XmlElement, within: string | undefined): void {
    for (const element of parent.children) this.#readers[element.name]?.(element, within);
  }

  readonly #readers: Readonly<Record<string, (element: XmlElement, within: string | undefined) => void>> = {
    session: (element) => this.#session(element),
    participant: (element, within) => this.#participant(element, within),
    stream: (element, within) => this.#stream(element, within),
    sessionrecordingassoc: (element) => {
      const session = idOf(element, 'sessionid', 'session');
      if (session !== undefined) this.sessionRecordings.push({ session, ...timesOf(element) });
    },
    participantsessionassoc: (element) => {
      const participant = idOf(element, 'participantid', 'participant');
      const session = idOf(element, 'sessionid', 'session');
      if (participant === undefined || session === undefined) return;
      this.participantSessions.push({ participant, session, ...timesOf(element) });
    },
    participantstreamassoc: (element) => {
      const participant = idOf(element, 'participantid', 'participant', 'id');
      if (participant !== undefined) this.#links(participant, element);
    },
  };

  #session(element: XmlElement): void {
    const id = idOf(element, 'sessionid', 'id', 'session');
    if (id === undefined) return;
    this.sessions.push({
      id,
      ...given('sipSessionId', childText(element, 'sipsessionid')),
      ...given('group', plainId(childText(element, 'groupref')) ?? idOf(element, 'groupid', 'group')),
      ...given('started', childText(element, 'starttime', 'associatetime')),
      ...given('stopped', childText(element, 'stoptime', 'disassociatetime')),
      ...given('reason', childText(element, 'reason')),
    });
    this.read(element, id);
  }

  #participant(element: XmlElement, within: string | undefined): void {
    const id = idOf(element, 'participantid', 'id', 'participant');
    if (id === undefined) return;
    const names = [...childrenNamed(element, 'nameid'), element];
    const first = (read: (one: XmlElement) => string | undefined) => names.map(read).find((one) => one !== undefined);
    this.participants.push({
      id,
      ...given(
        'aor',
        first((one) => attribute(one, 'aor') ?? childText(one, 'aor')),
      ),
      ...given(
        'name',
        first((one) => childText(one, 'name') ?? attribute(one, 'name')),
      ),
    });
    const session = idOf(element, 'sessionid', 'session') ?? within;
    if (session !== undefined) this.participantSessions.push({ participant: id, session, ...timesOf(element) });
    this.#links(id, element);
  }

  #stream(element: XmlElement, within: string | undefined): void {
    const id = idOf(element, 'streamid', 'id', 'stream');
    if (id === undefined) return;
    const mode = childText(element, 'mode')?.toLowerCase();
    this.streams.push({
      id,
      ...given('session', idOf(element, 'sessionid', 'session') ?? within),
      ...given('label', childText(element, 'label') ?? attribute(element, 'label')),
      ...(mode === 'mixed' || mode === 'separate' ? { mode } : {}),
      ...timesOf(element),
    });
  }

  /** `<send>` and `<recv>` name a stream, as text or as `<id>` within. */
  #links(participant: string, element: XmlElement): void {
    const times = timesOf(element);
    const links = (['send', 'recv'] as const).flatMap((direction) =>
      childrenNamed(element, direction).flatMap((link) => {
        const stream = plainId(link.text) ?? plainId(childText(link, 'id')) ?? idOf(link, 'id', 'streamid', 'stream');
        return stream === undefined ? [] : [{ participant, stream, direction, ...times }];
      }),
    );
    this.participantStreams.push(...links);
    if (links.length === 0 && times.disassociated !== undefined) this.ended.push({ participant, ...times });
  }
}

function timesOf(element: XmlElement): Association {
  return {
    ...given('associated', childText(element, 'associatetime')),
    ...given('disassociated', childText(element, 'disassociatetime')),
  };
}

function idOf(element: XmlElement, ...names: readonly string[]): string | undefined {
  return plainId(attribute(element, ...names));
}

/** The same id is written with and without `urn:uuid:` in one document. */
function plainId(text: string | undefined): string | undefined {
  const id = text?.replace(/^urn:uuid:/i, '').slice(0, characterMax);
  return id === '' ? undefined : id;
}

function given<K extends string>(key: K, value: string | undefined): { readonly [P in K]?: string } {
  return value === undefined ? {} : ({ [key]: value.slice(0, characterMax) } as { [P in K]?: string });
}
