// What makes a SIP message one of a recording client (RFC 7866 §6, §9): its Contact, its option tag, the parts of its body.
// Reading metadata never fails here: what is wrong with it is a value, for a recording goes on without.

import { messageOf, TwinreelError } from '#src/errors';
import { type BodyPart, parseAddress, splitBody, splitList, textOfPart } from '#src/sip';
import type { MetadataUpdate } from './metadata.ts';
import { parseMetadata } from './metadata-document.ts';

/** Metadata as it came. */
export type ToldMetadata =
  | { readonly type: 'read'; readonly update: MetadataUpdate }
  | { readonly type: 'unreadable'; readonly detail: string };

/** The parts of a body that a recorder understands. */
export interface RecordingBody {
  readonly sdp?: string;
  readonly metadata?: ToldMetadata;
}

/** The headers that tell a recording client. */
export interface ClientHeaders {
  readonly contact: string | undefined;
  readonly require: string | undefined;
  readonly accept: string | undefined;
}

/** What is known of a client from its first message. */
export interface RecordingClient {
  /** It accepts `application/rs-metadata-request`: it can be asked for a snapshot (RFC 7866 §9.2). */
  readonly snapshots: boolean;
}

const snapshotType = 'application/rs-metadata-request';
const metadataTypes = new Set(['application/rs-metadata', 'application/rs-metadata+xml']);

/** Takes a body apart. `body` are its bytes as they came. */
export function readRecordingBody(contentType: string | undefined, body: Buffer): RecordingBody {
  const { parts, problem } = splitBody(contentType, body);
  const sdp = parts.find((part) => part.contentType === 'application/sdp') ?? parts.find(beginsLikeSdp);
  const document = parts.find(({ contentType: type }) => metadataTypes.has(type)) ?? parts.find(isRecordingSession);
  const metadata = document && document !== sdp ? readMetadata(textOfPart(document)) : undefined;
  // Without a metadata part a damaged body may have lost one; with one, it reads or it does not.
  const lost =
    metadata === undefined && problem !== undefined ? { type: 'unreadable' as const, detail: problem } : metadata;
  return {
    ...(sdp === undefined ? {} : { sdp: textOfPart(sdp) }),
    ...(lost === undefined ? {} : { metadata: lost }),
  };
}

/** A client of RFC 7866, or of before: BroadWorks writes `;src` for `;+sip.src`, others write metadata and nothing else. */
export function recordingClient(headers: ClientHeaders, { metadata }: RecordingBody): RecordingClient | undefined {
  const { contact = '', require = '', accept = '' } = headers;
  const parameters = splitList(contact).flatMap((one) => parseAddress(one)?.parameters ?? []);
  const says = parameters.some(([name]) => /^(\+sip\.)?src$/i.test(name));
  const requires = splitList(require).some((tag) => tag.trim().toLowerCase() === 'siprec');
  if (!says && !requires && metadata === undefined) return undefined;
  return { snapshots: splitList(accept).some((type) => type.split(';')[0]!.trim().toLowerCase() === snapshotType) };
}

/** The body of an UPDATE that asks for complete metadata (RFC 7866 §9.2). */
export const snapshotRequest = {
  contentType: snapshotType,
  body: [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<requestsnapshot xmlns="urn:ietf:params:xml:ns:recording:1">',
    '<requestreason xml:lang="en">metadata incomplete</requestreason>',
    '</requestsnapshot>',
    '',
  ].join('\r\n'),
} as const;

function readMetadata(document: string): ToldMetadata {
  try {
    return { type: 'read', update: parseMetadata(document) };
  } catch (error) {
    if (!(error instanceof TwinreelError)) throw error;
    return { type: 'unreadable', detail: messageOf(error) };
  }
}

function beginsLikeSdp({ body }: BodyPart): boolean {
  return /^\s*v=0\s*[\r\n]/.test(body.toString('latin1', 0, 64));
}

function isRecordingSession({ contentType, disposition }: BodyPart): boolean {
  return disposition === 'recording-session' && contentType !== 'application/sdp';
}
