// What T-Lib's numbers mean. On the wire they are numbers; a value that is not named here is let pass.

export const protocolVersion = 'tserver protocol 4.2';

export const callTypes = { unknown: 0, internal: 1, inbound: 2, outbound: 3, consult: 4 } as const;

export const callStates = {
  ok: 0,
  transferred: 1,
  conferenced: 2,
  generalError: 3,
  systemError: 4,
  remoteRelease: 5,
  busy: 6,
  noAnswer: 7,
  abandoned: 21,
  redirected: 22,
  forwarded: 23,
  consult: 24,
  dropped: 26,
  held: 50,
} as const;

export const dnRoles = {
  unknown: 0,
  origination: 1,
  destination: 2,
  conferenceMember: 3,
  newParty: 4,
  addedBy: 5,
  deletedBy: 6,
  transferredBy: 7,
  deletedParty: 8,
  conferencedBy: 9,
  observer: 10,
} as const;

/** `autoIn` is a kind of ready, and under not-ready a legal guard time. */
export const workModes = {
  unknown: 0,
  manualIn: 1,
  autoIn: 2,
  afterCallWork: 3,
  auxWork: 4,
  noCallDisconnect: 5,
  walkAway: 6,
  returnBack: 7,
} as const;

export const addressTypes = { dn: 1, position: 2, queue: 3, routeDn: 4, trunk: 5, voiceChannel: 6 } as const;
export const registerModes = { share: 0, private: 1, monitor: 2 } as const;
export const controlModes = { default: 0, force: 1, local: 2 } as const;

/** AddressInfoType of RequestQueryAddress: what the resynchronisation asks for. */
export const addressInfoTypes = { dnStatus: 17 } as const;

/** Of `ps-N` in the Extensions of EventAddressInfo. The lower sixteen bits are the state, the rest modifies it. */
export const partyStates = {
  none: 0,
  initiated: 0x0001,
  queued: 0x0009,
  alerting: 0x000a,
  busy: 0x000b,
  connected: 0x000c,
  held: 0x000e,
  failed: 0x000f,
  dialing: 0x10000,
} as const;

/** Of `AgentStatus` in the Extensions of EventAddressInfo; the numbers are ours, none are published. */
export const agentStatuses = {
  unknown: -1,
  loggedOut: 0,
  loggedIn: 1,
  ready: 2,
  notReady: 3,
  afterCallWork: 4,
} as const;

/** PrivateMsgID of RequestPrivateService (guide ch. 9). */
export const privateMessages = {
  GSIP_RECORD_START: 3013,
  GSIP_RECORD_STOP: 3014,
  GSIP_RECORD_PAUSE: 3015,
  GSIP_RECORD_RESUME: 3016,
} as const;

/** ErrorCode of EventError, as far as we answer with them ourselves. */
export const errorCodes = {
  notRegistered: 41,
  unknown: 50,
  unsupported: 51,
  invalidAttribute: 53,
  invalidConnId: 56,
  dnNotConfigured: 59,
} as const;
