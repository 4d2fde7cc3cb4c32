// From what stood in a frame to a message of T-Lib, or to why it is none. Names and numbers that are not known are let pass.
//
//     {"message":"EventRinging","id":60,"attributes":{"ThisDN":"3556","ConnID":"0071022ec8ac8056","CallType":2}}

import { z } from 'zod';
import { type AttributeName, type Attributes, attributesSchema } from './attributes.schema.ts';
import { type EventName, events, type RequestName, requests } from './messages.protocol.ts';
import { isPlain } from './plain-message.ts';

type Table = typeof requests & typeof events;
type MessageName = keyof Table;
type RequiredOf<Name extends MessageName> = Table[Name]['required'][number];

/** Attributes of a message, those it must have not optional. */
export type AttributesOf<Name extends MessageName> = Attributes & {
  readonly [Required in RequiredOf<Name>]: NonNullable<Attributes[Required]>;
};

export interface MessageOf<Name extends MessageName> {
  readonly message: Name;
  readonly id: Table[Name]['id'];
  readonly attributes: AttributesOf<Name>;
}

/** Some message of the table, whichever. */
export interface SomeMessage {
  readonly message: MessageName;
  readonly id: number;
  readonly attributes: Attributes;
}

/** A message whose name is not known here. */
export interface UnknownMessage {
  readonly message: 'unknown';
  readonly name: string;
  readonly id?: number | undefined;
  readonly attributes: Attributes;
}

export type TLibEvent = { [Name in EventName]: MessageOf<Name> }[EventName] | UnknownMessage;
export type TLibRequest =
  | { [Name in RequestName]: MessageOf<Name> & { readonly attributes: { readonly ReferenceID: number } } }[RequestName]
  | UnknownMessage;

/** What is no message: why, and the reference id when that much could be read. */
export interface Malformed {
  readonly malformed: string;
  readonly reference?: number | undefined;
}

const envelope = z.object({
  message: z.string().regex(/^(Event|Request)[A-Za-z0-9]{1,60}$/, 'Event… or Request…'),
  id: z.int().min(0).optional(),
  attributes: z.record(z.string(), z.unknown()).default({}),
});

const anyAttributes = attributesSchema([]);
const checks = new Map<string, Check>();
const table: Readonly<Record<string, { readonly id: number; readonly required: readonly AttributeName[] }>> = {
  ...requests,
  ...events,
};

/** JSON deeper than this is refused before it is looked at: eight lists in one another. */
const depthMax = 20;

/** Reads an event. */
export function parseEvent(value: unknown): TLibEvent | Malformed {
  return parse(value, 'Event') as TLibEvent | Malformed;
}

/** Reads a request; a known one has a ReferenceID. */
export function parseRequest(value: unknown): TLibRequest | Malformed {
  return parse(value, 'Request') as TLibRequest | Malformed;
}

interface Check {
  readonly id: number;
  readonly required: readonly string[];
  readonly attributes: z.ZodType<Attributes>;
}

function parse(value: unknown, kind: 'Event' | 'Request'): object {
  const named = (value as { readonly message?: unknown } | null)?.message;
  const known = typeof named === 'string' && named.startsWith(kind) ? checkOf(named) : undefined;
  if (known && isPlain(value, known.id, known.required)) return value;
  if (isDeeperThan(value, depthMax)) return { malformed: `values more than ${depthMax} deep` } satisfies Malformed;
  const read = envelope.safeParse(value);
  if (!read.success) return { malformed: faultOf(read.error), reference: referenceOf(value) } satisfies Malformed;
  const { message, id } = read.data;
  const wrong = (malformed: string): Malformed => ({
    malformed: `${message}: ${malformed}`,
    reference: referenceOf(value),
  });
  if (!message.startsWith(kind)) return wrong(`this end takes ${kind}… only`);
  const check = checkOf(message);
  if (check && id !== check.id) return wrong(`its id is ${check.id}, not ${id}`);
  const attributes = (check?.attributes ?? anyAttributes).safeParse(read.data.attributes);
  if (!attributes.success) return wrong(faultOf(attributes.error));
  if (check) return { message, id, attributes: attributes.data };
  return { message: 'unknown', name: message, id, attributes: attributes.data } satisfies UnknownMessage;
}

function checkOf(message: string): Check | undefined {
  const made = checks.get(message);
  if (made) return made;
  if (!Object.hasOwn(table, message)) return undefined;
  const { id, required } = table[message]!;
  const all: readonly AttributeName[] = message.startsWith('Request') ? [...required, 'ReferenceID'] : required;
  const check = { id, required: all, attributes: attributesSchema(all) };
  checks.set(message, check);
  return check;
}

function faultOf(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join('.') || '(message)'}: ${issue?.message}`;
}

function referenceOf(value: unknown): number | undefined {
  const reference = (value as { attributes?: { ReferenceID?: unknown } | null } | null)?.attributes?.ReferenceID;
  return Number.isSafeInteger(reference) && (reference as number) >= 0 ? (reference as number) : undefined;
}

function isDeeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (depth === 0) return true;
  for (const inside of Object.values(value)) if (isDeeperThan(inside, depth - 1)) return true;
  return false;
}
