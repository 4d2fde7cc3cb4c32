// From the formats an SDP answer accepted to the map the media code reads packets by.

import type { PayloadFormat, PayloadMap } from '#src/media';

/** Payload type → format, names in upper case. */
export function payloadMapOf(formats: readonly (PayloadFormat & { readonly payloadType: number })[]): PayloadMap {
  return new Map(
    formats.map(({ payloadType, codec, clockRateHz, channels = 1 }) => [
      payloadType,
      { codec: codec.toUpperCase(), clockRateHz, channels },
    ]),
  );
}
