// What a call may ask of its telephony server, as requests of T-Lib.

import type { CallTelephony } from '#actors/call';
import { listOf, type TLibEvent, type TLibPort } from '#src/cti';
import { askedEvent, keptEvent } from './couple-event.ts';
import { privateServiceOf } from './private-service.ts';

/**
 * `ask` rejects with the server's error; `secure` comes before what must not go out before the facts it follows from are on disk: once for
 * all that is asked in one turn of the event loop, at its end, where what is asked goes out anyway.
 */
export function callTelephony(
  ask: (request: (port: TLibPort) => Promise<TLibEvent>) => Promise<void>,
  secure: () => void,
): CallTelephony {
  let securing: Promise<void> | undefined;
  const secured = () => {
    securing ??= Promise.resolve().then(() => {
      securing = undefined;
      secure();
    });
    return securing;
  };
  return {
    privateService: (service, party) =>
      ask(async (port) => {
        await secured();
        return port.request('RequestPrivateService', privateServiceOf(service, party));
      }),
    attach: (dn, connId, data) =>
      ask((port) => port.request('RequestUpdateUserData', { ThisDN: dn, ConnID: connId, UserData: listOf(data) })),
    tellAsked: (dn, sid) => ask((port) => port.request('RequestDistributeUserEvent', askedEvent(dn, sid))),
    tellKept: (dn, sid, by) => ask((port) => port.request('RequestDistributeUserEvent', keptEvent(dn, sid, by))),
  };
}
