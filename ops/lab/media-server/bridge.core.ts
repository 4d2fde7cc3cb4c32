// How the legs of a conference hear each other: relayed when two speak the same, mixed when they are more or differ. Only
// G.711 can be mixed, so a leg that could not be bridged is not let in.

import type { PayloadFormat } from '#src/sip';

export type BridgeKind = 'alone' | 'relay' | 'mix';

const relayed = ['PCMU', 'PCMA', 'G722', 'G729'] as const;
const mixable: readonly string[] = ['PCMU', 'PCMA'];

/** The codecs a further leg may speak where legs with `present` are, best first; none: nobody else can join. */
export function welcomeCodecs(present: readonly string[]): readonly string[] {
  const [first] = present;
  if (first === undefined) return relayed;
  if (present.every((codec) => mixable.includes(codec))) return [first, ...mixable.filter((codec) => codec !== first)];
  return present.length === 1 ? [first] : [];
}

/** How legs of these formats are bridged. */
export function bridgeKind(formats: readonly PayloadFormat[]): BridgeKind {
  const [first, ...others] = formats;
  if (!first || others.length === 0) return 'alone';
  const alike = others.every(({ codec, payloadType }) => codec === first.codec && payloadType === first.payloadType);
  return others.length === 1 && alike ? 'relay' : 'mix';
}
