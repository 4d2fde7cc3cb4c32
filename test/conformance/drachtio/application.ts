// The part of drachtio-srf 5 the scenarios use, with the types its own declarations lack, and a connected instance of it.

import { type EventEmitter, once } from 'node:events';
import Srf from 'drachtio-srf';

export interface Message {
  readonly method?: string;
  readonly status?: number;
  readonly body: string;
  readonly raw: string;
  get(name: string): string;
}

export interface Request extends Message, EventEmitter {
  readonly source: string;
  readonly stackTxnId: string;
  readonly receivedOn?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: readonly { readonly type: string | null; readonly content: string }[];
  cancel(done?: (error: unknown, request: Message) => void): void;
}

export interface Response extends Message {
  send(
    status: number,
    options?: object,
    done?: (error: unknown, message: Message) => void,
    acknowledged?: (acknowledgement: Message) => void,
  ): void;
}

export interface Dialog extends EventEmitter {
  readonly id: string;
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  destroy(options?: object): Promise<Message>;
  modify(sdp: string): Promise<string>;
  request(options: object): Promise<Message>;
}

type Handler = (request: Request, response: Response) => void;

export interface Application extends EventEmitter {
  readonly socket: unknown;
  connect(options: object): void;
  disconnect(): void;
  invite(handler: Handler): void;
  options(handler: Handler): void;
  use(verb: string, handler: Handler): void;
  createUAS(request: Request, response: Response, options: object): Promise<Dialog>;
  createUAS(
    request: Request,
    response: Response,
    options: object,
    done: (error: unknown, dialog: Dialog) => void,
  ): void;
  createUAC(uri: string, options: object, progress?: object): Promise<Dialog>;
  createB2BUA(
    request: Request,
    response: Response,
    uri: string,
    options: object,
  ): Promise<{ readonly uas: Dialog; readonly uac: Dialog }>;
  proxyRequest(request: Request, destination: readonly string[], options: object): Promise<unknown>;
  request(uri: string, options: object): Promise<Request>;
  request(uri: string, options: object, done: (error: unknown, request: Request) => void): void;
}

const Library = Srf as unknown as new (tags?: readonly string[]) => Application;

/** What an application is before it connects. */
export function newApplication(tags: readonly string[] = []): Application {
  const application = new Library(tags);
  // Without a listener the library throws.
  application.on('error', () => {});
  return application;
}

/** Connects and waits for the answer: addresses and version of the server. Rejects when it says no. */
export async function connect(
  application: Application,
  place: { readonly host?: string; readonly port: number; readonly secret: string },
): Promise<{ readonly hostPorts: string; readonly version: string }> {
  const answer = once(application, 'connect');
  application.connect({ host: '127.0.0.1', ...place, reconnect: { maxAttempts: 1 } });
  const [error, hostPorts, version] = await answer;
  if (error) throw error;
  return { hostPorts, version };
}
