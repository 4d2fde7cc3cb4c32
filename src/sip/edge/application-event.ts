// What applications are told: replies to their commands and the messages that concern them, as leaders of frames.
//
//   id|response|command id|OK|...         id|response|command id|NOK|reason        id|response|command id|NO|reason
//   id|sip|source|bytes|protocol|address|port|time|transaction|dialog|[local address|local port|] CRLF message

import type { Endpoint } from './transport.ts';

/** Fields every message about SIP traffic shares. */
export interface MessageNote {
  readonly bytes: number;
  /** udp, tcp, tls; '' where drachtio-server leaves it empty (ACK, replies to requests other than INVITE). */
  readonly protocol: string;
  readonly peer: Endpoint | undefined;
  readonly timeMs: number;
  readonly transactionId: string;
  readonly dialogId: string;
}

/** A command was done; `fields` follow OK. */
export function doneLeader(eventId: string, commandId: string, fields: readonly string[] = []): string {
  return [eventId, 'response', commandId, 'OK', ...fields].join('|');
}

/** A command could not be done (NOK: SIP or state; NO: the protocol itself, the connection is closed afterwards). */
export function refusedLeader(eventId: string, commandId: string, kind: 'NOK' | 'NO', reason: string): string {
  return [eventId, 'response', commandId, kind, reason].join('|');
}

/** Fields of the reply to a response that was sent. */
export function responseSentFields(note: MessageNote): string[] {
  return [...sentFields(note), note.transactionId, note.dialogId, '', 'Msg sent:', ''];
}

/** Fields of the reply to a request that was sent; `note.peer` is our own side here. */
export function requestSentFields(note: MessageNote): string[] {
  return [...sentFields(note), note.transactionId, 'Msg sent:', ''];
}

/** A SIP message that came from the network, or that the edge sent by itself (`application`). */
export function messageLeader(
  eventId: string,
  source: 'network' | 'application',
  note: MessageNote,
  receivedOn?: Endpoint,
): string {
  const { bytes, protocol, peer, timeMs, transactionId, dialogId } = note;
  const from = `${protocol}|${peer?.address ?? ''}|${peer?.port ?? 0}|${timeOfDay(timeMs)}`;
  const on = receivedOn ? `${receivedOn.address}|${receivedOn.port}|` : '';
  return `${eventId}|sip|${source}|${bytes}|${from}|${transactionId}|${dialogId}|${on}`;
}

/** HH:MM:SS.uuuuuu in UTC. */
export function timeOfDay(timeMs: number): string {
  const microseconds = Math.floor((timeMs % 1_000) * 1_000);
  const seconds = Math.floor(timeMs / 1_000) % 86_400;
  const [hour, minute, second] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${twoDigits(hour)}:${twoDigits(minute)}:${twoDigits(second)}.${String(microseconds).padStart(6, '0')}`;
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}

function sentFields(note: MessageNote): string[] {
  const { bytes, protocol, peer, timeMs } = note;
  return ['application', String(bytes), protocol, peer?.address ?? '', String(peer?.port ?? 0), timeOfDay(timeMs)];
}
