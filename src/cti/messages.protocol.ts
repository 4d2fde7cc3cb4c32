// Every message of T-Lib that is known here: its name, its number, and what must stand in it. What else may stand in it is any
// attribute. A message that is not in the table is kept as it is.

import type { AttributeName } from './attributes.schema.ts';

interface MessageRow {
  readonly id: number;
  readonly required: readonly AttributeName[];
}

const noneRequired = [] as const;
const dn = ['ThisDN'] as const;
const party = ['ThisDN', 'ConnID'] as const;
const reach = ['ThisDN', 'OtherDN'] as const;
const partyAndOther = ['ThisDN', 'ConnID', 'OtherDN'] as const;
const partyAndData = ['ThisDN', 'ConnID', 'UserData'] as const;

/** A request carries a ReferenceID besides; what answers it carries the same one. */
export const requests = {
  RequestRegisterClient: { id: 0, required: ['ApplicationName'] },
  RequestQueryServer: { id: 1, required: noneRequired },
  RequestQueryAddress: { id: 2, required: dn },
  RequestRegisterAddress: { id: 3, required: dn },
  RequestUnregisterAddress: { id: 4, required: dn },
  RequestAgentLogin: { id: 8, required: ['ThisDN', 'AgentID'] },
  RequestAgentLogout: { id: 9, required: dn },
  RequestAgentReady: { id: 10, required: dn },
  RequestAgentNotReady: { id: 11, required: dn },
  RequestMakeCall: { id: 14, required: reach },
  RequestAnswerCall: { id: 16, required: party },
  RequestReleaseCall: { id: 17, required: party },
  RequestHoldCall: { id: 18, required: party },
  RequestRetrieveCall: { id: 19, required: party },
  RequestInitiateConference: { id: 20, required: partyAndOther },
  RequestCompleteConference: { id: 21, required: party },
  RequestDeleteFromConference: { id: 22, required: partyAndOther },
  RequestInitiateTransfer: { id: 23, required: partyAndOther },
  RequestMuteTransfer: { id: 24, required: partyAndOther },
  RequestSingleStepTransfer: { id: 25, required: partyAndOther },
  RequestCompleteTransfer: { id: 26, required: party },
  RequestMergeCalls: { id: 27, required: party },
  RequestAlternateCall: { id: 28, required: party },
  RequestReconnectCall: { id: 29, required: party },
  RequestAttachUserData: { id: 30, required: partyAndData },
  RequestUpdateUserData: { id: 31, required: partyAndData },
  RequestDeleteUserData: { id: 32, required: party },
  RequestDeletePair: { id: 33, required: ['ThisDN', 'ConnID', 'DataKey'] },
  RequestRouteCall: { id: 36, required: party },
  RequestDistributeUserEvent: { id: 48, required: dn },
  RequestDistributeEvent: { id: 49, required: dn },
  RequestRedirectCall: { id: 103, required: partyAndOther },
  RequestQueryCall: { id: 108, required: ['ConnID'] },
  RequestClearCall: { id: 110, required: party },
  RequestSingleStepConference: { id: 120, required: partyAndOther },
  RequestPrivateService: { id: 149, required: ['PrivateMsgID', 'ThisDN'] },
} as const satisfies Readonly<Record<string, MessageRow>>;

export const events = {
  EventServerConnected: { id: 50, required: noneRequired },
  EventServerDisconnected: { id: 51, required: noneRequired },
  EventError: { id: 52, required: ['ErrorCode'] },
  EventRegistered: { id: 53, required: dn },
  EventUnregistered: { id: 54, required: dn },
  EventQueued: { id: 57, required: party },
  EventDiverted: { id: 58, required: party },
  EventAbandoned: { id: 59, required: party },
  EventRinging: { id: 60, required: party },
  EventDialing: { id: 61, required: party },
  EventNetworkReached: { id: 62, required: party },
  EventDestinationBusy: { id: 63, required: party },
  EventEstablished: { id: 64, required: party },
  EventReleased: { id: 65, required: party },
  EventHeld: { id: 66, required: party },
  EventRetrieved: { id: 67, required: party },
  EventPartyChanged: { id: 68, required: party },
  EventPartyAdded: { id: 69, required: party },
  EventPartyDeleted: { id: 70, required: party },
  EventRouteRequest: { id: 71, required: party },
  EventRouteUsed: { id: 72, required: party },
  EventAgentLogin: { id: 73, required: dn },
  EventAgentLogout: { id: 74, required: dn },
  EventAgentReady: { id: 75, required: dn },
  EventAgentNotReady: { id: 76, required: dn },
  EventAttachedDataChanged: { id: 85, required: party },
  EventOffHook: { id: 86, required: dn },
  EventOnHook: { id: 87, required: dn },
  EventAddressInfo: { id: 92, required: noneRequired },
  EventServerInfo: { id: 93, required: noneRequired },
  EventLinkDisconnected: { id: 94, required: noneRequired },
  EventLinkConnected: { id: 95, required: noneRequired },
  EventUserEvent: { id: 96, required: noneRequired },
  EventPartyInfo: { id: 109, required: ['ConnID'] },
  EventAgentAfterCallWork: { id: 118, required: dn },
  EventPrimaryChanged: { id: 133, required: noneRequired },
  EventACK: { id: 138, required: noneRequired },
  EventDNOutOfService: { id: 147, required: dn },
  EventDNBackInService: { id: 148, required: dn },
  EventPrivateInfo: { id: 150, required: noneRequired },
  EventCallCreated: { id: 160, required: noneRequired },
  EventCallDataChanged: { id: 161, required: noneRequired },
  EventCallDeleted: { id: 162, required: noneRequired },
  EventCallPartyAdded: { id: 163, required: noneRequired },
  EventCallPartyState: { id: 164, required: noneRequired },
  EventCallPartyMoved: { id: 165, required: noneRequired },
  EventCallPartyDeleted: { id: 166, required: noneRequired },
} as const satisfies Readonly<Record<string, MessageRow>>;

export type RequestName = keyof typeof requests;
export type EventName = keyof typeof events;
