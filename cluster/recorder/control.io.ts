// How a person reaches the recorder of a node.
//
//     GET  /report                          what it holds
//     GET  /actors                          the live actor tree
//     POST /finishing/retry                 what was set aside is tried again: its takes
//     POST /recordings/<id>/pause|resume|stop?by=<who>    the takes it was passed to

import type { Server } from 'node:http';
import { askControlSocket, type ControlReply, serveControlSocket } from '#cluster/control';

export type RecorderCommand = 'pause' | 'resume' | 'stop';

/** What a recorder holds, as figures by name. */
export type RecorderReport = Readonly<Record<string, number>>;

export interface RecorderControls {
  report(): Promise<RecorderReport>;
  actors(): unknown;
  retry(): readonly string[];
  command(command: RecorderCommand, recording: string, by: string): Promise<readonly string[]>;
}

const commandPath = /^POST \/recordings\/([^/]+)\/(pause|resume|stop)$/;
const codes = { unreachable: 'recorder-unreachable', unknown: 'recording-unknown' } as const;

/** Listens on `path`. */
export function serveControl(path: string, controls: RecorderControls): Promise<Server> {
  return serveControlSocket(path, async (method, url): Promise<ControlReply | undefined> => {
    const asked = `${method} ${url.pathname}`;
    if (asked === 'POST /finishing/retry') return { status: 200, body: controls.retry() };
    if (asked === 'GET /report') return { status: 200, body: await controls.report() };
    if (asked === 'GET /actors') return { status: 200, body: controls.actors() };
    const command = commandPath.exec(asked);
    if (!command) return undefined;
    const [recording, by] = [decodeURIComponent(command[1]!), url.searchParams.get('by') ?? 'operator'];
    const takes = await controls.command(command[2] as RecorderCommand, recording, by);
    if (takes.length > 0) return { status: 200, body: takes };
    return { status: 404, body: { error: `no recording '${recording}' is running` } };
  });
}

/** Asks the recorder behind `path`. Rejects with `recorder-unreachable`, or `recording-unknown` when none such runs. */
export const recorderControl = {
  report: (path: string) => askControlSocket<RecorderReport>(path, 'GET', '/report', codes),
  actors: (path: string) => askControlSocket<unknown>(path, 'GET', '/actors', codes),
  retry: (path: string) => askControlSocket<readonly string[]>(path, 'POST', '/finishing/retry', codes),
  command(path: string, command: RecorderCommand, recording: string, by: string): Promise<readonly string[]> {
    const target = `/recordings/${encodeURIComponent(recording)}/${command}?by=${encodeURIComponent(by)}`;
    return askControlSocket<readonly string[]>(path, 'POST', target, codes);
  },
};
