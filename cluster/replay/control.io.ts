// How a person reaches replay on its machine.
//
//     GET  /account?after=…     whether every conversation is in the catalogue once, and which of them count as running: a page of it
//     GET  /audio?tenant=…&recording=…     the conversation of a recording, and whether it can be played

import type { Server } from 'node:http';
import { askControlSocket, type ControlReply, serveControlSocket } from '#cluster/control';
import { type Account, type AccountPage, AddedUp } from './account.ts';

const codes = { unreachable: 'replay-unreachable', unknown: 'replay-unreachable' } as const;

/** The conversation of a recording: `unknown` while the catalogue has none. */
export type Heard =
  | { readonly phase: 'unknown' }
  | { readonly phase: 'none' | 'preparing'; readonly conversation: string }
  | { readonly phase: 'ready'; readonly conversation: string }
  | { readonly phase: 'undecodable'; readonly conversation: string; readonly why: string };

export interface ControlAnswers {
  account(after: string | undefined): Promise<AccountPage>;
  heard(tenant: string, recordingId: string): Promise<Heard>;
}

/** Listens on `path`. */
export function serveControl(path: string, { account, heard }: ControlAnswers): Promise<Server> {
  return serveControlSocket(path, async (method, { pathname, searchParams }): Promise<ControlReply | undefined> => {
    if (method !== 'GET') return undefined;
    if (pathname === '/account') return { status: 200, body: await account(searchParams.get('after') ?? undefined) };
    const [tenant, recording] = [searchParams.get('tenant'), searchParams.get('recording')];
    if (pathname !== '/audio' || tenant === null || recording === null) return undefined;
    return { status: 200, body: await heard(tenant, recording) };
  });
}

/** Asks the replay behind `path`. Rejects with `replay-unreachable`. */
export const replayControl = {
  /** Goes through all pages. */
  async account(path: string): Promise<Account> {
    const all = new AddedUp();
    let page = await accountPage(path);
    all.add(page);
    while (page.next !== undefined) {
      page = await accountPage(path, page.next);
      all.add(page);
    }
    return all.account;
  },
  isRunning: (path: string) =>
    accountPage(path).then(
      () => true,
      () => false,
    ),
  heard: (path: string, tenant: string, recording: string) =>
    askControlSocket<Heard>(path, 'GET', `/audio?${new URLSearchParams({ tenant, recording })}`, codes),
};

function accountPage(path: string, after?: string): Promise<AccountPage> {
  const query = after === undefined ? '' : `?${new URLSearchParams({ after })}`;
  return askControlSocket<AccountPage>(path, 'GET', `/account${query}`, codes);
}
