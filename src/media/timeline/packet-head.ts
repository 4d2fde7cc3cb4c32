// What of a packet of media decides on its place: all of it that whoever looks at a voice twice has to remember.

import { durationTicksOf, kindOf } from '#src/media/codec';
import { formatOf, type PayloadMap, type RtpPacket } from '#src/media/rtp';

export interface PacketHead {
  readonly ssrc: number;
  /** 16 bits, as sent. */
  readonly sequence: number;
  /** 32 bits, as sent. */
  readonly timestamp: number;
  readonly payloadType: number;
  /** Length of what it carries, on the clock of its payload type; 0 for comfort noise, events, and what nobody mapped. */
  readonly ticks: number;
  readonly event: EventHead | undefined;
}

export interface EventHead {
  readonly code: number;
  /** How long it has lasted. */
  readonly ticks: number;
}

export function headOf(
  { ssrc, sequence, timestamp, payloadType, payload }: RtpPacket,
  payloads?: PayloadMap,
): PacketHead {
  const format = formatOf(payloadType, payloads);
  const ticks = format ? durationTicksOf(format, payload) : 0;
  return { ssrc, sequence, timestamp, payloadType, ticks, event: format && eventOf(kindOf(format), payload) };
}

// RFC 4733 §2.3: | event (8) | end, reserved, volume (8) | duration (16) |
function eventOf(kind: ReturnType<typeof kindOf>, payload: Buffer): EventHead | undefined {
  if (kind !== 'telephone-event' || payload.length < 4) return undefined;
  return { code: payload[0]!, ticks: payload.readUInt16BE(2) };
}
