// What a call goes by in `partOf` of a couple, and wherever calls are found to belong together.

/** By its CallUUID. */
export function callName(callUuid: string): string {
  return `call ${callUuid}`;
}

/** By a connection id, which a call keeps from one switch to the next, where it gets another CallUUID. */
export function connName(connId: string): string {
  return `conn ${connId}`;
}
