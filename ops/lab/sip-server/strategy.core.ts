// What a routing strategy says of recording when it routes a call: the key `record` of its Extensions, which may come several times.
// The source is who calls, the destination where the call is routed to. Holds for that routing alone. Pure.

import { type KeyValueList, type RecordingExtensions, readRecordingExtensions, textOf } from '#src/cti';

export type Side = 'source' | 'destination';

export interface RoutedRecording {
  readonly start: ReadonlySet<Side>;
  /** Sides whose DN's own `record=true` does not count. */
  readonly disabled: ReadonlySet<Side>;
  /** `id`, `dest`, `dest2` of what is started. */
  readonly asked: RecordingExtensions;
}

/** Says why not when nothing can be made of it. */
export function routedRecording(extensions: KeyValueList | undefined): RoutedRecording | { readonly refused: string } {
  const said = (extensions ?? []).flatMap(([key, value]) => (key.toLowerCase() === 'record' ? [textOf(value)] : []));
  const start = new Set<Side>();
  const disabled = new Set<Side>();
  for (const value of said) {
    if (value === 'source' || value === 'destination') start.add(value);
    else if (value === 'disable_source') disabled.add('source');
    else if (value === 'disable_destination') disabled.add('destination');
    else return { refused: `record=${value}; source, destination, disable_source and disable_destination are known` };
  }
  if (disabled.size > 1) return { refused: 'record: one side can be disabled, not both' };
  const { id, dest, dest2 } = readRecordingExtensions(extensions);
  return { start, disabled, asked: { id, dest, dest2 } };
}
