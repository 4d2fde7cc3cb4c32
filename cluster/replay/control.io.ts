// How a person reaches replay on its machine.
//
//     GET  /account     whether every conversation is in the catalogue once, and which of them count as running

import type { Server } from 'node:http';
import { askControlSocket, type ControlReply, serveControlSocket } from '#cluster/control';
import type { Account } from './account.ts';

const codes = { unreachable: 'replay-unreachable', unknown: 'replay-unreachable' } as const;

/** Listens on `path`. */
export function serveControl(path: string, account: () => Promise<Account>): Promise<Server> {
  return serveControlSocket(path, async (method, url): Promise<ControlReply | undefined> => {
    return method === 'GET' && url.pathname === '/account' ? { status: 200, body: await account() } : undefined;
  });
}

/** Asks the replay behind `path`. Rejects with `replay-unreachable`. */
export const replayControl = {
  account: (path: string) => askControlSocket<Account>(path, 'GET', '/account', codes),
};
