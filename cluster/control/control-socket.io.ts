// How a person or a tool on the same machine reaches a process: HTTP with JSON over a Unix socket that only its user may open.

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { type Code, messageOf, TwinreelError } from '#src/errors';

/** What is answered. A refusal has a body `{ error }` that says why. */
export interface ControlReply {
  readonly status: 200 | 404 | 409;
  readonly body: unknown;
}

/** Answers a request, or undefined when there is no such thing. What it throws is a 500 that says so. */
export type ControlHandler = (method: string, url: URL) => Promise<ControlReply | undefined> | ControlReply | undefined;

/** Listens on `path`, in a folder of its own; a socket that a killed process left is replaced. */
export async function serveControlSocket(path: string, handler: ControlHandler): Promise<Server> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  chmodSync(dirname(path), 0o700);
  rmSync(path, { force: true });
  const server = createServer((incoming, response) => void answer(incoming, response, handler));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return server;
}

/** Which codes an answer that is none becomes. */
export interface ControlCodes {
  readonly unreachable: Code;
  /** For a 404. */
  readonly unknown: Code;
}

/** Asks the process behind `socketPath`. */
export function askControlSocket<Answer>(
  socketPath: string,
  method: 'GET' | 'POST',
  path: string,
  { unreachable, unknown }: ControlCodes,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // A connection of its own: one that is kept may lead to a process that was killed since.
    const asking = request({ socketPath, method, path, timeout: 5_000, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Answer & { error?: string };
      if (response.statusCode === 200) resolve(body);
      else reject(new TwinreelError(response.statusCode === 404 ? unknown : unreachable, String(body.error)));
    });
    asking.once('timeout', () => asking.destroy(new Error('no answer within 5 s')));
    asking.once('error', (error) => {
      reject(new TwinreelError(unreachable, `nobody answers at ${socketPath}: ${messageOf(error)}`));
    });
    asking.end();
  });
}

async function answer(incoming: IncomingMessage, response: ServerResponse, handler: ControlHandler): Promise<void> {
  try {
    const url = new URL(incoming.url ?? '/', 'http://twinreel');
    const reply = await handler(incoming.method ?? 'GET', url);
    if (reply) send(response, reply.status, reply.body);
    else send(response, 404, { error: 'no such thing here' });
  } catch (error) {
    send(response, 500, { error: messageOf(error) });
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
