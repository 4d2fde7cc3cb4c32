// Making messages of T-Lib, and reading what several attributes say together.

import { TwinreelError } from '#src/errors';
import type { Attributes } from './attributes.schema.ts';
import type { AttributesOf, MessageOf, TLibEvent } from './message.schema.ts';
import { type EventName, events, type RequestName, requests } from './messages.protocol.ts';
import { errorCodes } from './numbers.protocol.ts';

/** An event under its name and number. */
export function eventOf<Name extends EventName>(message: Name, attributes: AttributesOf<Name>): MessageOf<Name> {
  return { message, id: events[message].id, attributes };
}

/** A request under its name and number. */
export function requestOf<Name extends RequestName>(message: Name, attributes: AttributesOf<Name>): MessageOf<Name> {
  return { message, id: requests[message].id, attributes };
}

/** When it happened by the server's clock, in milliseconds since 1970; undefined when the server does not say. */
export function eventTimeMs({ attributes }: { readonly attributes: Attributes }): number | undefined {
  const { TimeinSecs: seconds, TimeinuSecs: microseconds = 0 } = attributes;
  return seconds === undefined ? undefined : seconds * 1_000 + microseconds / 1_000;
}

/** What an EventError says. */
export function errorOf({ attributes }: MessageOf<'EventError'>): string {
  return `error ${attributes.ErrorCode}: ${attributes.ErrorMessage ?? 'no reason given'}`;
}

/** Whether a request that failed with this would fail again: the DN or the feature is not there. What a number does not tell may pass. */
export function isForGood(error: unknown): boolean {
  return error instanceof TwinreelError && lastingErrors.has(error.details['errorCode']);
}

const lastingErrors: ReadonlySet<unknown> = new Set([
  errorCodes.unsupported,
  errorCodes.invalidAttribute,
  errorCodes.dnNotConfigured,
]);

/** Whether an event only answers a request: then nobody but who asked is told. */
export function isAnswer({ message }: TLibEvent): boolean {
  return answers.has(message);
}

const answers: ReadonlySet<string> = new Set<EventName>([
  'EventError',
  'EventRegistered',
  'EventUnregistered',
  'EventAddressInfo',
  'EventServerInfo',
  'EventPartyInfo',
  'EventACK',
]);
