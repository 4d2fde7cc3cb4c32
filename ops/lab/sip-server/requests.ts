// What clients ask of the switch over T-Lib, and how they are answered. A request that cannot be is answered EventError with the
// code that says why.

import {
  addressInfoExtensions,
  agentStatuses,
  errorCodes,
  type KeyValueList,
  type MessageOf,
  partyStates,
  type Refusal,
  readRecordingExtensions,
  type TLibClient,
  type TLibHandler,
  type TLibRequest,
  updated,
  without,
} from '#src/cti';
import { messageOf } from '#src/errors';
import { describeParty, type ModelCall } from './call-model.core.ts';
import type { Hostility } from './hostility.core.ts';
import { Refused } from './refused.ts';
import type { SipServer } from './sip-server.io.ts';
import { routedRecording } from './strategy.core.ts';

type Request = Exclude<TLibRequest, MessageOf<'RequestRegisterClient'>>;

const stateOf = {
  dialing: partyStates.dialing,
  queued: partyStates.queued,
  routing: partyStates.queued,
  ringing: partyStates.alerting,
  talking: partyStates.connected,
  held: partyStates.held,
} as const;

export class TelephonyRequests implements TLibHandler {
  readonly #server: () => SipServer;

  readonly #hostility: Hostility | undefined;

  constructor(server: () => SipServer, hostility?: Hostility) {
    this.#server = server;
    this.#hostility = hostility;
  }

  admit({ attributes }: MessageOf<'RequestRegisterClient'>): Refusal | undefined {
    if (attributes.ApplicationName !== this.#server().keptOut) return undefined;
    return { code: errorCodes.unsupported, text: `${attributes.ApplicationName} is kept out` };
  }

  mayRegister({ attributes }: MessageOf<'RequestRegisterAddress'>): Refusal | undefined {
    if (this.#server().dn(attributes.ThisDN)) return undefined;
    return { code: errorCodes.dnNotConfigured, text: `DN ${attributes.ThisDN} is not configured` };
  }

  request(request: Request, client: TLibClient): void {
    this.#answer(request, client);
    const { ThisDN: dn = '' } = request.attributes;
    if (request.message === 'RequestPrivateService' && this.#hostility?.asksTwice(dn)) this.#answer(request, client);
  }

  #answer(request: Request, client: TLibClient): void {
    this.#perform(request, client).catch((error: unknown) => {
      const code = error instanceof Refused ? error.code : errorCodes.unknown;
      client.refuse(request, code, messageOf(error));
    });
  }

  async #perform(request: Request, client: TLibClient): Promise<void> {
    const server = this.#server();
    const { switchboard } = server;
    const { ThisDN: dn = '', ConnID: connId, OtherDN: to = '' } = request.attributes;
    const call = () => switchboard.callOf(dn, connId);
    switch (request.message) {
      case 'RequestQueryServer':
        client.answer(request, 'EventServerInfo', {});
        return;
      case 'RequestQueryAddress':
        client.answer(request, 'EventAddressInfo', { ThisDN: dn, Extensions: this.#addressInfo(dn) });
        return;
      case 'RequestQueryCall': {
        const party = call().parties.find((one) => one.dn === dn) ?? call().parties[0]!;
        client.answer(request, 'EventPartyInfo', describeParty(call(), party));
        return;
      }
      case 'RequestPrivateService':
        this.#mustBeRegistered(client, dn);
        server.privateServices.set(dn, request.attributes.Extensions ?? []);
        await switchboard.recordings.control(
          request.attributes.PrivateMsgID,
          dn,
          call(),
          readRecordingExtensions(request.attributes.Extensions),
        );
        client.acknowledge(request, { ThisDN: dn });
        return;
      case 'RequestAttachUserData':
      case 'RequestUpdateUserData':
        this.#attach(call(), dn, updated(call().userData, request.attributes.UserData ?? []));
        break;
      case 'RequestDeletePair':
        this.#attach(call(), dn, without(call().userData, request.attributes.DataKey));
        break;
      case 'RequestDeleteUserData':
        this.#attach(call(), dn, []);
        break;
      case 'RequestDistributeUserEvent':
        server.telephony.publish('EventUserEvent', { ...request.attributes, ReferenceID: undefined });
        break;
      case 'RequestMakeCall':
        void switchboard.placeFrom(dn, to).catch(() => {}); // how it ends is told by events
        break;
      case 'RequestAnswerCall':
        await switchboard.answer(call(), dn);
        break;
      case 'RequestReleaseCall':
        await switchboard.release(call(), dn);
        break;
      case 'RequestClearCall':
        await switchboard.clear(call());
        break;
      case 'RequestDeleteFromConference':
        await switchboard.release(call(), to, dn);
        break;
      case 'RequestRouteCall':
        this.#route(request, client, call());
        break;
      case 'RequestHoldCall':
      case 'RequestRetrieveCall':
        await switchboard.hold(call(), dn, request.message === 'RequestHoldCall');
        break;
      case 'RequestSingleStepTransfer':
        await switchboard.transfers.blind(call(), dn, to);
        break;
      case 'RequestInitiateTransfer':
      case 'RequestInitiateConference':
        await switchboard.transfers.consult(call(), dn, to);
        break;
      case 'RequestSingleStepConference':
        await switchboard.transfers.add(call(), dn, to);
        break;
      case 'RequestReconnectCall':
        await switchboard.transfers.reconnect(call(), dn);
        break;
      case 'RequestCompleteTransfer':
        await switchboard.transfers.complete(call(), dn, 'transfer');
        break;
      case 'RequestCompleteConference':
        await switchboard.transfers.complete(call(), dn, 'conference');
        break;
      case 'RequestAgentLogin':
        server.agents.login(dn, request.attributes.AgentID, request.attributes.ThisQueue);
        break;
      case 'RequestAgentLogout':
        server.agents.logout(dn);
        break;
      case 'RequestAgentReady':
        server.agents.ready(dn);
        break;
      case 'RequestAgentNotReady':
        server.agents.notReady(dn, request.attributes.AgentWorkMode);
        break;
      default:
        throw new Refused(errorCodes.unsupported, 'this server does not do that');
    }
    client.acknowledge(request);
  }

  #attach(call: ModelCall, dn: string, userData: KeyValueList): void {
    this.#server().switchboard.attach(call, dn, userData);
  }

  /** As a strategy says; to the route point's own `default-dn` when it names nobody. */
  #route({ attributes }: MessageOf<'RequestRouteCall'>, client: TLibClient, call: ModelCall): void {
    const { ThisDN: dn, OtherDN: to = this.#server().dn(dn)?.options['default-dn'], Extensions } = attributes;
    this.#mustBeRegistered(client, dn);
    const recording = routedRecording(Extensions);
    if ('refused' in recording) throw new Refused(errorCodes.invalidAttribute, recording.refused);
    if (!to) throw new Refused(errorCodes.invalidAttribute, `nobody to route the call to: ${dn} has no default-dn`);
    this.#server().switchboard.route(call, dn, { to, recording });
  }

  #mustBeRegistered(client: TLibClient, dn: string): void {
    if (!client.dns.has(dn)) throw new Refused(errorCodes.notRegistered, `this client has not registered DN ${dn}`);
  }

  #addressInfo(dn: string): KeyValueList {
    const server = this.#server();
    const agent = server.agents.at(dn) ?? { status: agentStatuses.loggedOut };
    const parties = [...server.calls.values()].flatMap(({ connId, parties: all }) => {
      const party = all.find((one) => one.dn === dn);
      return party ? [{ connId, partyState: stateOf[party.phase] }] : [];
    });
    return addressInfoExtensions(agent, parties);
  }
}
