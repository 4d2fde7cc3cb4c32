// Events that are none any more: what a server, a bridge or the way between makes of one. Each must cost itself and nothing else.

import { type Attributes, type EventName, eventOf } from '#src/cti';
import type { Random } from '#src/ports';

export type Mangled =
  | { readonly told: 'value'; readonly value: unknown }
  | { readonly told: 'text'; readonly text: string };

/** One of the ways to spoil an event, drawn. */
export function mangled(message: EventName, attributes: Attributes, random: Random): Mangled {
  const way = ways[Math.floor(random.fraction() * ways.length)]!;
  return way(message, attributes);
}

const value = (spoilt: unknown): Mangled => ({ told: 'value', value: spoilt });
const deepList = (depth: number): unknown => (depth === 0 ? [] : [deepList(depth - 1)]);

/** All of them. */
export const ways: readonly ((message: EventName, attributes: Attributes) => Mangled)[] = [
  (message, attributes) => value(eventOf(message, { ...attributes, ConnID: 'no hex' } as never)),
  (message, attributes) => value(eventOf(message, { ...attributes, ThisDN: 7_001 } as never)),
  (message, attributes) => value(eventOf(message, { ...attributes, CallType: null } as never)),
  (message, attributes) => value(eventOf(message, { ...attributes, UserData: { GSIP_RECORD: 'ON' } } as never)),
  (message, attributes) => value(eventOf(message, { ...attributes, Deep: deepList(40) } as never)),
  (message, attributes) => value({ ...eventOf(message, attributes as never), id: -1 }),
  (message, attributes) => value({ ...eventOf(message, attributes as never), message: 'Ringing' }),
  (message) => value({ ...eventOf(message, {} as never), attributes: [message] }),
  (message) => value([message]),
  (message) => value(message),
  (message, attributes) => ({ told: 'text', text: JSON.stringify(eventOf(message, attributes as never)).slice(0, -9) }),
  () => ({ told: 'text', text: '' }),
];
