// What systems without T-Lib are told when the status of a couple changes: the same states that are attached to calls. Pure.

import type { Couple, RecordingState } from '#src/recording';

/** One change. Told again, also after a crash, it has the same id. */
export interface StatusEvent {
  /** `<recordingId>/<sid>/<n>/<audio state>`: the `n`th word on this recording of this couple. */
  readonly id: string;
  readonly type: 'recording-status';
  readonly tenant: string;
  readonly sid: string;
  readonly recordingId: string;
  readonly callUuid: string;
  readonly dn: string;
  readonly otherDn?: string;
  readonly agentId?: string;
  readonly n: number;
  /** Wall clock. */
  readonly atMs: number;
  readonly audio: RecordingState;
  readonly video: RecordingState;
}

/** The event of what a couple says now; undefined when it says nothing yet. */
export function statusEvent(couple: Couple): StatusEvent | undefined {
  const { status, tenant, sid, recordingId, callUuid, dn, otherDn, agentId } = couple;
  if (!status) return undefined;
  const { n, atMs, audio, video } = status;
  return {
    id: `${encodeURIComponent(recordingId)}/${sid}/${n}/${audio}`,
    type: 'recording-status',
    tenant,
    sid,
    recordingId,
    callUuid,
    dn,
    ...(otherDn !== undefined && { otherDn }),
    ...(agentId !== undefined && { agentId }),
    n,
    atMs,
    audio,
    video,
  };
}
