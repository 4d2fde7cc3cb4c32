// Who is heard in a recording, and on which side: the first party left, the second right. Where a client's metadata tells who
// spoke when, it names the parties; where it does not, the streams do.

import type { ManifestFacts } from './manifest.schema.ts';
import type { Take, TakeStream } from './take.ts';

type Party = ManifestFacts['parties'][number];
type Side = 'left' | 'right' | 'both';

/** The parties of a take, those of its streams first. */
export function partiesOf({ streams, told }: Take): Party[] {
  const sides = new Map<string, Side>();
  const taken: { side: Side; stream: TakeStream }[] = [];
  for (const stream of streams) {
    const side = stream.mixed ? 'both' : (sides.get(stream.party) ?? freeSide(stream, taken));
    taken.push({ side, stream });
    for (const number of numbersIn(stream)) if (!sides.has(number)) sides.set(number, side);
  }
  const names = new Map(told?.parties.map(({ number, name }) => [number, name]));
  const numbers = new Set([...sides.keys(), ...names.keys()]);
  return [...numbers].map((number) => {
    const name = names.get(number);
    return { number, ...(name === undefined ? {} : { name }), channel: sides.get(number) ?? 'none' };
  });
}

/** Numbers of all whose voices are in a stream. */
export function numbersIn({
  party,
  speakers = [],
}: {
  readonly party: string;
  readonly speakers?: readonly { readonly number: string }[] | undefined;
}): string[] {
  return [...new Set([party, ...speakers.map(({ number }) => number)])];
}

/** The side that no stream of that time has; whoever comes third is heard on both. */
function freeSide(stream: TakeStream, taken: readonly { side: Side; stream: TakeStream }[]): Side {
  const sides = (['left', 'right'] as const).filter(
    (side) => !taken.some((one) => one.side === side && overlap(one.stream, stream)),
  );
  return sides[0] ?? 'both';
}

function overlap({ lived: one }: TakeStream, { lived: other }: TakeStream): boolean {
  return one === undefined || other === undefined || (one.fromMs < other.toMs && other.fromMs < one.toMs);
}
