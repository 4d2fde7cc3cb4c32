// The part of drachtio-srf 5 that the recorder uses, with the types its own declarations lack (stackDialogId, callbacks
// of send and request). Requests are handled one by one, not through the library's Dialog objects: those die with their
// process, and a recorder takes over dialogs that its predecessor answered.

import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import Srf from 'drachtio-srf';
import { gatherTurn } from '#src/wire';

export interface Message {
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The message as the edge passed it on: the library's own idea of a body ends at a blank line when Content-Length is missing. */
  readonly raw: string;
  get(name: string): string | undefined;
  has(name: string): boolean;
}

export interface Request extends Message, Pick<EventEmitter, 'on'> {
  readonly method: string;
  readonly uri: string;
  readonly source: 'network' | 'application';
  readonly source_address: string;
  readonly source_port: number;
  readonly protocol: string;
  /** Empty for a request outside of a dialog. */
  readonly stackDialogId: string;
  readonly stackTxnId: string;
}

export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Response extends Message {
  /** The connection to the edge. */
  readonly socket: Socket;
  readonly status: number;
  readonly finalResponseSent: boolean;
  send(status: number, options: SendOptions, sent?: (error: unknown) => void): void;
}

export interface OutgoingRequest {
  on(event: 'response', heard: (response: Response) => void): void;
  /** An UPDATE of the same call that comes before the response: it is told here and nowhere else. */
  on(event: 'update', heard: (request: Request, response: Response) => void): void;
}

/** What the library stands on: its connections, and what writes to them. */
interface Agent {
  readonly mapServer: ReadonlyMap<Socket, unknown>;
  readonly wp: { send(socket: Socket, message: string): void };
}

/** What of an `Srf` is used here. `connect` is told an error, or null and the addresses and version of the server. */
export interface DrachtioApplication extends Pick<EventEmitter, 'on' | 'once' | 'off'> {
  readonly app: { readonly client: Agent };
  connect(options: { host: string; port: number; secret: string; reconnect: { retryMaxDelay: number } }): void;
  disconnect(): void;
  use(method: string, handle: (request: Request, response: Response, next: () => void) => void): void;
  /** `sip:placeholder` stands for the dialog's remote target. */
  request(
    options: {
      uri: 'sip:placeholder';
      method: string;
      stackDialogId: string;
      headers?: Readonly<Record<string, string>>;
      body?: string;
    },
    sent: (error: unknown, request: OutgoingRequest) => void,
  ): void;
}

/** Says what only an edge of ours understands (src/sip/edge/compatibility.md), once it has accepted the application. */
export function tellEdge({ app }: DrachtioApplication, message: string): void {
  const { mapServer, wp } = app.client;
  for (const socket of mapServer.keys()) {
    gatherTurn(socket);
    wp.send(socket, message);
  }
}

/** By this an edge of ours knows a recorder when it comes back, and gives it the dialogs of the one before. */
const tag = 'recorder';

/** A new application, not yet connected. */
export function drachtioApplication(): DrachtioApplication {
  return new Srf([tag]) as unknown as DrachtioApplication;
}
