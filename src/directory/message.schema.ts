// What a client and a configuration server say to each other: frames of JSON, as on the link to a telephony server. Objects come in
// several frames; a change is told to every client that registered for it.
//
//     client  RequestRegisterClient ─▶        ◀─ EventClientRegistered, or EventError
//             RequestRegisterNotification ─▶  ◀─ EventNotificationRegistered, then EventObjectCreated, …Updated, …Deleted
//             RequestReadObjects ─▶           ◀─ EventObjectsRead …, EventObjectsSent
//             RequestCreateObject … ─▶        ◀─ EventObjectCreated … to all who registered, with the reference to who asked

import { z } from 'zod';

const reference = z.int().min(1);
const kind = z.string().min(1).max(64);
const object = z.record(z.string(), z.unknown());

export const directoryRequestSchema = z.discriminatedUnion('message', [
  z.object({
    message: z.literal('RequestRegisterClient'),
    reference,
    application: z.string().min(1).describe('application name, as configured in the server'),
    user: z.string(),
    password: z.string(),
  }),
  z.object({ message: z.literal('RequestRegisterNotification'), reference }),
  z.object({ message: z.literal('RequestReadObjects'), reference, kind }),
  z.object({ message: z.literal('RequestCreateObject'), reference, kind, object }),
  z.object({ message: z.literal('RequestUpdateObject'), reference, kind, object }),
  z.object({ message: z.literal('RequestDeleteObject'), reference, kind, DBID: z.int().min(1) }),
]);

export const directoryEventSchema = z.discriminatedUnion('message', [
  z.object({ message: z.literal('EventClientRegistered'), reference }),
  z.object({ message: z.literal('EventNotificationRegistered'), reference }),
  z.object({ message: z.literal('EventObjectsRead'), reference, kind, objects: z.array(z.unknown()) }),
  z.object({ message: z.literal('EventObjectsSent'), reference, count: z.int().min(0) }),
  z.object({ message: z.literal('EventObjectCreated'), reference: reference.optional(), kind, object }),
  z.object({ message: z.literal('EventObjectUpdated'), reference: reference.optional(), kind, object }),
  z.object({ message: z.literal('EventObjectDeleted'), reference: reference.optional(), kind, DBID: z.int().min(1) }),
  z.object({ message: z.literal('EventError'), reference: reference.optional(), text: z.string() }),
]);

export type DirectoryRequest = z.output<typeof directoryRequestSchema>;
export type DirectoryEvent = z.output<typeof directoryEventSchema>;

/** Reads an event, or says why it is none. */
export function parseDirectoryEvent(value: unknown): DirectoryEvent | { readonly malformed: string } {
  return read(directoryEventSchema, value);
}

/** Reads a request, or says why it is none. */
export function parseDirectoryRequest(value: unknown): DirectoryRequest | { readonly malformed: string } {
  return read(directoryRequestSchema, value);
}

function read<Message>(schema: z.ZodType<Message>, value: unknown): Message | { readonly malformed: string } {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return { malformed: `${issue?.path.join('.') || '(message)'}: ${issue?.message}` };
}
