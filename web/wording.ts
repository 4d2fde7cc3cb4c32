// How times, lengths and the words of the schema are said to people.

import type { ConversationReply, ConversationRow } from '#cluster/replay-api';

type Kind = ConversationReply['conversation']['timeline'][number]['kind'];
type By = NonNullable<ConversationReply['conversation']['sources'][number]['clock']>['by'];

export const directions: Record<ConversationRow['direction'], string> = {
  inbound: 'Inbound',
  outbound: 'Outbound',
  internal: 'Internal',
  consult: 'Consultation',
  unknown: 'Unknown',
};

export const problems: Record<ConversationRow['problem'], string> = {
  NO_PROBLEM: 'No problem',
  STILL_SAVING_STREAM: 'Still being saved',
  NO_STREAMS: 'No audio',
  ONLY_ONE_STREAM: 'One party only',
  ONE_STREAM_INCOMPLETE: 'One party incomplete',
  STREAM_IS_NULL: 'Audio missing',
  NO_REPLY_FROM_RECORDER: 'Recorder did not answer',
  ALL_STREAM_DELETED: 'Audio deleted',
};

export const kinds: Record<Kind, string> = {
  ringing: 'Ringing',
  talk: 'Talk',
  hold: 'Hold',
  pause: 'Recording paused',
  transfer: 'Transfer',
  conference: 'Conference',
  consult: 'Consultation',
  'after-call-work': 'After-call work',
  restart: 'Recording restarted',
  gap: 'Gap',
};

export const sourceStates: Record<ConversationReply['conversation']['sources'][number]['state'], string> = {
  used: 'Used',
  synchronised: 'Held the same',
  'not-used': 'Not used',
};

export const clockOrigins: Record<By, string> = {
  'same-clock': 'this is the clock of the conversation',
  packets: 'from packets that both have',
  rtcp: 'from sender reports (RTCP)',
  told: 'as the node told',
};

const dateAndTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });
const dateAndSeconds = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

export function momentOf(ms: number): string {
  return dateAndTime.format(ms);
}

export function exactMomentOf(ms: number): string {
  return dateAndSeconds.format(ms);
}

/** `1:02:03`, or `2:03`. */
export function lengthOf(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const padded = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(seconds % 60)}` : `${minutes}:${padded(seconds % 60)}`;
}

/** With tenths, for gaps. */
export function secondsOf(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

/** A name with its number, whichever are known. */
export function partyOf({ name, number }: { readonly name?: string | undefined; readonly number: string }): string {
  return name && name !== number ? `${name} (${number})` : number;
}
