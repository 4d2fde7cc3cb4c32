// What a telephony server is asked to do about a recording. Pure.

import type { PrivateService, RecordedParty } from '#actors/call';
import { privateMessages, type RequestAttributes, recordingExtensions } from '#src/cti';

export function privateServiceOf(
  service: PrivateService,
  { dn, connId, recordingId, asking }: RecordedParty,
): RequestAttributes<'RequestPrivateService'> {
  return {
    PrivateMsgID: messageOf[service],
    ThisDN: dn,
    ConnID: connId,
    Extensions: recordingExtensions({ id: recordingId, ...asking }),
  };
}

const messageOf: Readonly<Record<PrivateService, number>> = {
  start: privateMessages.GSIP_RECORD_START,
  stop: privateMessages.GSIP_RECORD_STOP,
  pause: privateMessages.GSIP_RECORD_PAUSE,
  resume: privateMessages.GSIP_RECORD_RESUME,
};
