// How a person reaches a core.
//
//     GET  /report                          what it watches and knows
//     GET  /actors                          the live actor tree
//     GET  /couples                         couples, the latest first
//     GET  /tenants                         tenants with their settings, and how the last change of settings ended
//     POST /couples/<sid or recording id>/pause|resume|stop|keep?by=<who>    the couples it was passed to

import type { Server } from 'node:http';
import { askControlSocket, type ControlReply, serveControlSocket } from '#cluster/control';
import type { Couple } from '#src/recording';
import type { TenantsReport } from './tenants-report.ts';

export type CoupleCommand = 'pause' | 'resume' | 'stop' | 'keep';

/** What a core watches and knows, as figures by name. */
export type CoreReport = Readonly<Record<string, number>>;

export interface CoreControls {
  report(): Promise<CoreReport>;
  actors(): unknown;
  couples(): readonly Couple[];
  tenants(): TenantsReport;
  command(command: CoupleCommand, couple: string, by: string): Promise<readonly string[]>;
}

const commandPath = /^POST \/couples\/([^/]+)\/(pause|resume|stop|keep)$/;
const codes = { unreachable: 'core-unreachable', unknown: 'couple-unknown' } as const;

/** Listens on `path`. */
export function serveControl(path: string, controls: CoreControls): Promise<Server> {
  return serveControlSocket(path, async (method, url): Promise<ControlReply | undefined> => {
    const asked = `${method} ${url.pathname}`;
    if (asked === 'GET /report') return { status: 200, body: await controls.report() };
    if (asked === 'GET /actors') return { status: 200, body: controls.actors() };
    if (asked === 'GET /couples') return { status: 200, body: controls.couples() };
    if (asked === 'GET /tenants') return { status: 200, body: controls.tenants() };
    const command = commandPath.exec(asked);
    if (!command) return undefined;
    const [couple, by] = [decodeURIComponent(command[1]!), url.searchParams.get('by') ?? 'operator'];
    const passedTo = await controls.command(command[2] as CoupleCommand, couple, by);
    if (passedTo.length > 0) return { status: 200, body: passedTo };
    return { status: 404, body: { error: `no couple '${couple}' is known here` } };
  });
}

/** Asks the core behind `path`. Rejects with `core-unreachable`, or `couple-unknown` when it knows no such couple. */
export const coreControl = {
  report: (path: string) => askControlSocket<CoreReport>(path, 'GET', '/report', codes),
  actors: (path: string) => askControlSocket<unknown>(path, 'GET', '/actors', codes),
  couples: (path: string) => askControlSocket<readonly Couple[]>(path, 'GET', '/couples', codes),
  tenants: (path: string) => askControlSocket<TenantsReport>(path, 'GET', '/tenants', codes),
  command(path: string, command: CoupleCommand, couple: string, by: string): Promise<readonly string[]> {
    const target = `/couples/${encodeURIComponent(couple)}/${command}?by=${encodeURIComponent(by)}`;
    return askControlSocket<readonly string[]>(path, 'POST', target, codes);
  },
};
