// What an application asks for, read from one frame's payload. Field 0 is its message id, which the reply names.

/** A command of an application. */
export type ApplicationCommand =
  | { readonly type: 'authenticate'; readonly id: string; readonly secret: string; readonly tags: readonly string[] }
  | { readonly type: 'route'; readonly id: string; readonly verb: string }
  | { readonly type: 'remove-route'; readonly id: string; readonly verb: string }
  | { readonly type: 'ping'; readonly id: string }
  | RoomCommand
  | SipCommand
  | { readonly type: 'proxy'; readonly id: string; readonly transactionId: string }
  /** Not to be understood: answered NO with the reason, and the connection closed. */
  | { readonly type: 'invalid'; readonly id: string; readonly reason: string };

/** How many new INVITEs may wait for an answer of the application at once; undefined: as many as come. Not answered. */
export interface RoomCommand {
  readonly type: 'room';
  readonly id: string;
  readonly room: Room | undefined;
}

/** `retryAfterSeconds`: when whoever finds none is to come again. */
export interface Room {
  readonly calls: number;
  readonly retryAfterSeconds: number;
}

/** A SIP message to be sent, partial: the edge completes it. */
export interface SipCommand {
  readonly type: 'sip';
  readonly id: string;
  /** The request it answers or the INVITE it cancels; '' otherwise. */
  readonly transactionId: string;
  /** The dialog it belongs to; '' otherwise. */
  readonly dialogId: string;
  /** Where to send a request outside of dialogs instead of its Request-URI; '' otherwise. */
  readonly routeUri: string;
  readonly message: Buffer;
}

/** Reads a payload. Never throws. */
export function readCommand(payload: Buffer): ApplicationCommand {
  const end = payload.indexOf(0x0d);
  const leader = payload.toString('latin1', 0, end < 0 ? payload.length : end);
  const [id = '', type, ...fields] = leader.split('|');
  switch (type) {
    case 'authenticate':
      return { type, id, secret: fields[0] ?? '', tags: (fields[1] ?? '').split(',').filter((tag) => tag !== '') };
    case 'route':
      return fields[0] ? { type, id, verb: fields[0] } : invalid(id);
    case 'remove_route':
      return fields[0] ? { type: 'remove-route', id, verb: fields[0] } : invalid(id);
    case 'ping':
      return { type, id };
    case 'room': {
      const [calls, retryAfterSeconds] = fields.map(Number);
      if (fields.length === 0) return { type, id, room: undefined };
      if (!isCount(calls) || !isCount(retryAfterSeconds)) return invalid(id);
      return { type, id, room: { calls, retryAfterSeconds } };
    }
    case 'sip': {
      if (end < 0) return invalid(id);
      const [transactionId = '', dialogId = '', routeUri = ''] = fields;
      return {
        type,
        id,
        transactionId,
        dialogId,
        routeUri,
        message: payload.subarray(payload[end + 1] === 0x0a ? end + 2 : end + 1),
      };
    }
    case 'proxy':
      return { type, id, transactionId: fields[0] ?? '' };
    case undefined:
      return invalid(id);
    default:
      return { type: 'invalid', id, reason: 'Unknown message type' };
  }
}

function isCount(number: number | undefined): number is number {
  return Number.isSafeInteger(number) && number! >= 0;
}

function invalid(id: string): ApplicationCommand {
  return { type: 'invalid', id, reason: 'Invalid message format' };
}
