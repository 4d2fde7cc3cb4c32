// Recognises messages as nearly all are: known by name and number, with texts, numbers and flat lists in their attributes, and nothing
// to be converted. The schema says the same of them in ten times as long, and is asked about all others; it stays what is right.

import { type AttributeKind, attributeKinds } from './attributes.schema.ts';

export interface PlainMessage {
  readonly message: string;
  readonly id: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** True when the schema would take `value` as it is, as a message of this number with these attributes; false says nothing. */
export function isPlain(value: unknown, id: number, required: readonly string[]): value is PlainMessage {
  if (!isRecord(value) || value['id'] !== id || Object.keys(value).length !== 3) return false;
  const { attributes } = value;
  if (!isRecord(attributes)) return false;
  for (const name of required) if (attributes[name] === undefined) return false;
  for (const name in attributes) {
    const kind = attributeKinds.get(name);
    if (!(kind === undefined ? isScalar(attributes[name]) : isOfKind(attributes[name], kind))) return false;
  }
  return true;
}

function isOfKind(value: unknown, kind: AttributeKind): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string';
    case 'name':
      return typeof value === 'string' && value !== '';
    case 'whole':
      return Number.isSafeInteger(value);
    case 'count':
      return Number.isSafeInteger(value) && (value as number) >= 0;
    case 'connection':
      return typeof value === 'string' && connection.test(value);
    case 'list':
      return Array.isArray(value) && value.every(isFlatPair);
  }
}

/** In lower case already. */
const connection = /^[0-9a-f]{16}$/;

function isFlatPair(pair: unknown): boolean {
  if (!Array.isArray(pair) || pair.length !== 2 || typeof pair[0] !== 'string') return false;
  return typeof pair[1] === 'string' || Number.isSafeInteger(pair[1]);
}

function isScalar(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
