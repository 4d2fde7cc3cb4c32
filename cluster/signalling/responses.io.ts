// What the recorder says to requests, and what it reads in them before: an offer, metadata, that a recording client sent them.

import { messageOf, TwinreelError } from '#src/errors';
import { type Offer, parseOffer } from '#src/sip';
import { type RecordingBody, type RecordingClient, readRecordingBody, recordingClient } from '#src/sip/siprec';
import { gatherTurn } from '#src/wire';
import type { Request, Response, SendOptions } from './drachtio.io.ts';

/** A request that is to be answered. */
export interface Waiting {
  readonly request: Request;
  readonly response: Response;
}

export const allowed = 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE';

/** Resolves when the 200 is out; rejects with `dialog-gone` when the edge would not send it. */
export function sendOk({ request, response }: Waiting, sdp: string): Promise<void> {
  const headers = { 'Content-Type': 'application/sdp', Allow: allowed, ...serverHeaders(request, bodyOf(request)) };
  return send(response, 200, { body: sdp, headers });
}

/** The edge says no in words; the library makes an error of a connection that is not there. */
export function isEdgeGone(error: unknown): boolean {
  return error instanceof TwinreelError && error.cause instanceof Error;
}

/** What a request carries. From the raw message: the library splits multiparts at blank lines. */
export function bodyOf(request: Request): RecordingBody {
  const head = /\r?\n\r?\n/.exec(request.raw);
  const body = head ? request.raw.slice(head.index + head[0].length) : '';
  return readRecordingBody(request.get('content-type'), Buffer.from(body, 'utf8'));
}

export function clientOf(request: Request, body: RecordingBody): RecordingClient | undefined {
  const [contact, require, accept] = ['contact', 'require', 'accept'].map((name) => request.get(name));
  return recordingClient({ contact, require, accept }, body);
}

/** What tells a recording client that it has found a recorder (RFC 7866 §6.2). */
export function serverHeaders(request: Request, body: RecordingBody): Readonly<Record<string, string>> {
  if (!clientOf(request, body)) return {};
  const transport = request.protocol === 'tcp' || request.protocol === 'tls' ? `;transport=${request.protocol}` : '';
  return { Contact: serverContact(transport), Supported: 'siprec' };
}

/** The edge puts its own address for `localhost`, as drachtio-server does. */
export function serverContact(parameters: string): string {
  return `<sip:twinreel@localhost${parameters}>;+sip.srs`;
}

/** The offer of a request, or undefined when it was refused: a first one without SDP is 488, unreadable SDP is 400. */
export function readOffer({ response }: Waiting, { sdp }: RecordingBody): Offer | undefined {
  if (sdp === undefined) {
    say(response, 488, { headers: { Warning: '399 twinreel "an offer is needed in the request"' } });
    return undefined;
  }
  try {
    return parseOffer(sdp);
  } catch (error) {
    if (!(error instanceof TwinreelError)) throw error;
    say(response, 400, { headers: { Warning: `399 twinreel "${error.message.replace(/["\\\r\n]/g, "'")}"` } });
    return undefined;
  }
}

/** Sends a response of which it is no news whether it went out: what the edge says of it is not even read. */
export function say(response: Response, status: number, options: SendOptions = {}): void {
  gatherTurn(response.socket);
  response.send(status, options);
}

/** Resolves when the response is out; rejects with `dialog-gone` when the edge would not send it. */
function send(response: Response, status: number, options: SendOptions): Promise<void> {
  gatherTurn(response.socket);
  return new Promise<void>((resolve, reject) => {
    response.send(status, options, (error) => {
      if (!error) resolve();
      else {
        const text = `response ${status} was not sent: ${messageOf(error)}`;
        reject(new TwinreelError('dialog-gone', text, {}, { cause: error }));
      }
    });
  });
}
