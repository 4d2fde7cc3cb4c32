// Which codec a payload type number stands for: the static table of RFC 3551 §6, and the map a session negotiated.
// It must never guess: a number nobody mapped stays unknown.

/** What a payload type carries. `clockRateHz` is the rate of RTP timestamps, not always that of the samples. */
export interface PayloadFormat {
  /** Encoding name in upper case, as in SDP: `PCMU`, `TELEPHONE-EVENT`, `OPUS`. */
  readonly codec: string;
  readonly clockRateHz: number;
  /** 1 when left out. */
  readonly channels?: number;
}

/** Payload type number → format, of one stream. */
export type PayloadMap = ReadonlyMap<number, PayloadFormat>;

/**
 * The audio types of RFC 3551 §6 that telephony still sends, and 19, which older gateways use for comfort noise
 * (reserved there because drafts gave it that meaning).
 */
export const staticPayloadFormats: PayloadMap = new Map<number, PayloadFormat>([
  [0, { codec: 'PCMU', clockRateHz: 8000 }],
  [3, { codec: 'GSM', clockRateHz: 8000 }],
  [4, { codec: 'G723', clockRateHz: 8000 }],
  [8, { codec: 'PCMA', clockRateHz: 8000 }],
  [9, { codec: 'G722', clockRateHz: 8000 }],
  [13, { codec: 'CN', clockRateHz: 8000 }],
  [15, { codec: 'G728', clockRateHz: 8000 }],
  [18, { codec: 'G729', clockRateHz: 8000 }],
  [19, { codec: 'CN', clockRateHz: 8000 }],
]);

/** The format of `payloadType` in a stream: what was negotiated, else the static table, else undefined. */
export function formatOf(payloadType: number, negotiated?: PayloadMap): PayloadFormat | undefined {
  return negotiated?.get(payloadType) ?? staticPayloadFormats.get(payloadType);
}
