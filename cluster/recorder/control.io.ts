// How a person reaches the recorder of a node: HTTP with JSON over a Unix socket that only its user may open.
//
//     GET  /report                          what it holds
//     GET  /actors                          the live actor tree
//     POST /finishing/retry                 what was set aside is tried again: its takes
//     POST /recordings/<id>/pause|resume|stop?by=<who>    the takes it was passed to

import { chmodSync, mkdirSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { messageOf, TwinreelError } from '#src/errors';

export type RecorderCommand = 'pause' | 'resume' | 'stop';

/** What a recorder holds, as figures by name. */
export type RecorderReport = Readonly<Record<string, number>>;

export interface RecorderControls {
  report(): Promise<RecorderReport>;
  actors(): unknown;
  retry(): readonly string[];
  command(command: RecorderCommand, recording: string, by: string): Promise<readonly string[]>;
}

const commandPath = /^\/recordings\/([^/]+)\/(pause|resume|stop)$/;

/** Listens on `path`; a socket that a killed process left is replaced. */
export async function serveControl(path: string, controls: RecorderControls): Promise<Server> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  chmodSync(dirname(path), 0o700);
  rmSync(path, { force: true });
  const server = createServer((incoming, response) => void answer(incoming, response, controls));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  return server;
}

/** Asks the recorder behind `path`. Rejects with `recorder-unreachable`, or `recording-unknown` when none such runs. */
export const recorderControl = {
  report: (path: string) => ask<RecorderReport>(path, 'GET', '/report'),
  actors: (path: string) => ask<unknown>(path, 'GET', '/actors'),
  retry: (path: string) => ask<readonly string[]>(path, 'POST', '/finishing/retry'),
  command(path: string, command: RecorderCommand, recording: string, by: string): Promise<readonly string[]> {
    const target = `/recordings/${encodeURIComponent(recording)}/${command}?by=${encodeURIComponent(by)}`;
    return ask<readonly string[]>(path, 'POST', target);
  },
};

async function answer(incoming: IncomingMessage, response: ServerResponse, controls: RecorderControls): Promise<void> {
  try {
    const { status, body } = await reply(incoming, controls);
    send(response, status, body);
  } catch (error) {
    send(response, 500, { error: messageOf(error) });
  }
}

async function reply(
  incoming: IncomingMessage,
  controls: RecorderControls,
): Promise<{ status: number; body: unknown }> {
  const url = new URL(incoming.url ?? '/', 'http://recorder');
  const command = commandPath.exec(url.pathname);
  if (incoming.method === 'POST' && url.pathname === '/finishing/retry') return { status: 200, body: controls.retry() };
  if (incoming.method === 'GET' && url.pathname === '/report') return { status: 200, body: await controls.report() };
  if (incoming.method === 'GET' && url.pathname === '/actors') return { status: 200, body: controls.actors() };
  if (incoming.method !== 'POST' || !command) return { status: 404, body: { error: 'no such thing here' } };
  const recording = decodeURIComponent(command[1]!);
  const takes = await controls.command(
    command[2] as RecorderCommand,
    recording,
    url.searchParams.get('by') ?? 'operator',
  );
  if (takes.length > 0) return { status: 200, body: takes };
  return { status: 404, body: { error: `no recording '${recording}' is running` } };
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function ask<Answer>(socketPath: string, method: string, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // A connection of its own: one that is kept may lead to a recorder that was killed since.
    const asking = request({ socketPath, method, path, timeout: 5_000, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const body = JSON.parse(Buffer.concat(chunks).toString()) as Answer & { error?: string };
      if (response.statusCode === 200) resolve(body);
      else
        reject(
          new TwinreelError(
            response.statusCode === 404 ? 'recording-unknown' : 'recorder-unreachable',
            String(body.error),
          ),
        );
    });
    asking.once('timeout', () => asking.destroy(new Error('no answer within 5 s')));
    asking.once('error', (error) => {
      reject(new TwinreelError('recorder-unreachable', `no recorder at ${socketPath}: ${messageOf(error)}`));
    });
    asking.end();
  });
}
