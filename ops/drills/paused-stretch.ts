// A pause as the sender saw it, in packets of one stream: which of them must be in the recording, which must be nowhere, and
// which may be either, because they were under way when the pause began or ended.

/** Packets of the stream that had left at each moment. While the pause lasts, its end is at infinity. */
export interface PausedStretch {
  /** When it was asked for, monotonic. */
  readonly askedAtMs: number;
  readonly askedAt: number;
  readonly resumeAskedAt: number;
  readonly resumedAt: number;
}

/** 100 ms after it was asked for, a pause holds; what had left for as long before may still be unread, and is then lost to it. */
const borderPackets = 5;

/** How long after it was asked for a pause let something pass: when the last packet left that is recorded nevertheless. */
export function effectiveAfterMs(
  stream: readonly { readonly atMs: number }[],
  { askedAt, askedAtMs, resumeAskedAt }: PausedStretch,
  isRecorded: (index: number) => boolean,
): number {
  for (let index = Math.min(stream.length, resumeAskedAt) - 1; index >= askedAt; index -= 1)
    if (isRecorded(index)) return stream[index]!.atMs - askedAtMs;
  return 0;
}

/** What a packet is, by its place in the ledger of its stream. */
export function placeOf(index: number, stretches: readonly PausedStretch[]): 'spoken' | 'border' | 'paused' {
  for (const { askedAt, resumeAskedAt, resumedAt } of stretches) {
    if (index < askedAt - borderPackets || index > resumedAt) continue;
    return index >= askedAt + borderPackets && index < resumeAskedAt ? 'paused' : 'border';
  }
  return 'spoken';
}

/** The packets of a stream by their place. */
export function divide<Packet>(stream: readonly Packet[], stretches: readonly PausedStretch[]) {
  const divided: Record<ReturnType<typeof placeOf>, Packet[]> = { spoken: [], border: [], paused: [] };
  for (const [index, packet] of stream.entries()) divided[placeOf(index, stretches)].push(packet);
  return divided;
}
