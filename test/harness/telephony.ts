// A telephony side for tests: a real T-Lib server and a real media stream, told call by call what happens. Asked to record, it
// has the call replicated under the id that was asked for, as a media server would.

import type { MsrCall, MsrSource } from '#ops/lab/msr-source';
import {
  callTypes,
  errorCodes,
  listOf,
  type MessageOf,
  readRecordingExtensions,
  type TLibClient,
  TLibServer,
} from '#src/cti';

/** A call between a DN and somebody outside. */
export interface TestCall {
  readonly dn: string;
  readonly otherDn: string;
  readonly connId: string;
  readonly callUuid: string;
  readonly partyUuid: string;
  /** Present while it is replicated. */
  media: MsrCall | undefined;
}

export interface Telephony {
  readonly server: TLibServer;
  /** PrivateService requests in the order they came: message id and ConnID. */
  readonly asked: { readonly message: number; readonly connId: string | undefined; readonly id: string | undefined }[];
  readonly calls: Map<string, TestCall>;
  /** Rings at `dn` and is taken there. */
  established(dn: string, otherDn: string): TestCall;
  released(call: TestCall): Promise<void>;
}

const counters = { kind: 'counters' } as const;

/** Calls of this test run: no two have one name, whichever server they are placed at. */
let placed = 0;

/** Listens on a free port, or the given one. */
export async function startTelephony(source: MsrSource, port = 0): Promise<Telephony> {
  const calls = new Map<string, TestCall>();
  const asked: Telephony['asked'] = [];

  const record = (request: MessageOf<'RequestPrivateService'>, client: TLibClient) => {
    const { PrivateMsgID: message, ConnID: connId, Extensions: extensions } = request.attributes;
    const { id } = readRecordingExtensions(extensions);
    asked.push({ message, connId, id });
    const call = [...calls.values()].find((one) => one.connId === connId);
    if (!call) {
      client.refuse(request, errorCodes.invalidConnId, 'invalid ConnID');
      return;
    }
    if (message === 3013 && !call.media) {
      call.media = source.call({
        form: 'per-party',
        parties: [
          { dn: call.dn, audio: counters },
          { dn: call.otherDn, audio: counters },
        ],
        callUuid: call.callUuid,
        ...(id !== undefined && { recordId: id }),
      });
    }
    client.acknowledge(request);
    const recording = message === 3014 ? 'OFF' : 'ON';
    server.publish('EventAttachedDataChanged', { ...known(call), UserData: listOf({ GSIP_RECORD: recording }) });
  };

  const server = await TLibServer.listen({
    host: '127.0.0.1',
    port,
    handler: {
      request(request, client) {
        if (request.message === 'RequestPrivateService') record(request, client);
        else if (request.message === 'RequestQueryAddress') {
          const here = [...calls.values()].filter(({ dn }) => dn === request.attributes.ThisDN);
          const parties = here.flatMap(({ connId }, index) => [
            [`conn-${index + 1}`, connId],
            [`ps-${index + 1}`, 12],
          ]);
          client.answer(request, 'EventAddressInfo', {
            ThisDN: request.attributes.ThisDN,
            Extensions: listOf({ AgentStatus: 2, AgentID: '7001', ...Object.fromEntries(parties) }),
          });
        } else if (request.message === 'RequestQueryCall') {
          const call = [...calls.values()].find(({ connId }) => connId === request.attributes.ConnID);
          if (call) client.answer(request, 'EventPartyInfo', known(call));
          else client.refuse(request, errorCodes.invalidConnId, 'invalid ConnID');
        } else if (request.message === 'RequestUpdateUserData') client.acknowledge(request);
        else client.refuse(request, errorCodes.unsupported, 'unsupported');
      },
    },
  });

  return {
    server,
    asked,
    calls,
    established(dn, otherDn) {
      const number = ++placed;
      const call: TestCall = {
        dn,
        otherDn,
        connId: number.toString(16).padStart(16, '0'),
        callUuid: `CALL${String(number).padStart(28, '0')}`,
        partyUuid: `PARTY${number}`,
        media: undefined,
      };
      calls.set(call.callUuid, call);
      server.publish('EventRinging', known(call));
      server.publish('EventEstablished', known(call));
      return call;
    },
    async released(call) {
      calls.delete(call.callUuid);
      server.publish('EventReleased', known(call));
      await call.media?.hangUp();
    },
  };
}

function known({ dn, otherDn, connId, callUuid, partyUuid }: TestCall) {
  return {
    ThisDN: dn,
    OtherDN: otherDn,
    ConnID: connId,
    CallUUID: callUuid,
    PartyUUID: partyUuid,
    CallType: callTypes.inbound,
    ANI: otherDn,
    DNIS: '8005550100',
  };
}
