// How full a recorder is, in its answers to OPTIONS. A header of our own: SIP has none for it.
//
//   X-Twinreel-Streams: 12/1350        streams that it has, and how many it takes

export const loadHeader = 'X-Twinreel-Streams';

export interface Load {
  readonly streams: number;
  readonly streamsMax: number;
}

export function formatLoad({ streams, streamsMax }: Load): string {
  return `${streams}/${streamsMax}`;
}

/** Undefined when there is none, or it cannot be read. */
export function parseLoad(value: string | undefined): Load | undefined {
  const [, streams, streamsMax] = /^(\d{1,7})\/(\d{1,7})$/.exec(value ?? '') ?? [];
  return streamsMax === undefined ? undefined : { streams: Number(streams), streamsMax: Number(streamsMax) };
}
