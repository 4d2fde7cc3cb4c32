// How a person reaches replay on its machine.
//
//     GET  /account     whether every conversation is in the catalogue once, and which of them count as running
//     GET  /audio?tenant=…&recording=…     the conversation of a recording, and whether it can be played

import type { Server } from 'node:http';
import { askControlSocket, type ControlReply, serveControlSocket } from '#cluster/control';
import type { Account } from './account.ts';

const codes = { unreachable: 'replay-unreachable', unknown: 'replay-unreachable' } as const;

/** The conversation of a recording: `unknown` while the catalogue has none. */
export type Heard =
  | { readonly phase: 'unknown' }
  | { readonly phase: 'none' | 'preparing'; readonly conversation: string }
  | { readonly phase: 'ready'; readonly conversation: string }
  | { readonly phase: 'undecodable'; readonly conversation: string; readonly why: string };

export interface ControlAnswers {
  account(): Promise<Account>;
  heard(tenant: string, recordingId: string): Promise<Heard>;
}

/** Listens on `path`. */
export function serveControl(path: string, { account, heard }: ControlAnswers): Promise<Server> {
  return serveControlSocket(path, async (method, { pathname, searchParams }): Promise<ControlReply | undefined> => {
    if (method !== 'GET') return undefined;
    if (pathname === '/account') return { status: 200, body: await account() };
    const [tenant, recording] = [searchParams.get('tenant'), searchParams.get('recording')];
    if (pathname !== '/audio' || tenant === null || recording === null) return undefined;
    return { status: 200, body: await heard(tenant, recording) };
  });
}

/** Asks the replay behind `path`. Rejects with `replay-unreachable`. */
export const replayControl = {
  account: (path: string) => askControlSocket<Account>(path, 'GET', '/account', codes),
  heard: (path: string, tenant: string, recording: string) =>
    askControlSocket<Heard>(path, 'GET', `/audio?${new URLSearchParams({ tenant, recording })}`, codes),
};
