// Where a page ended, for who asks for the next one. Newest first; of one moment, by name and tenant: an order in which no two
// conversations are equal, so that pages neither repeat nor leave out.

import { TwinreelError } from '#src/errors';

/** The last conversation of a page. */
export interface Place {
  readonly startedMs: number;
  readonly conversation: string;
  readonly tenant: string;
}

/** Opaque to who gets it. */
export function cursorOf({ startedMs, conversation, tenant }: Place): string {
  return Buffer.from(JSON.stringify([startedMs, conversation, tenant])).toString('base64url');
}

/** Throws `catalogue-refused` for what {@link cursorOf} did not make. */
export function placeOf(cursor: string): Place {
  const [startedMs, conversation, tenant] = parsed(cursor);
  const isStorable = !`${conversation}${tenant}`.includes('\0');
  if (
    !isStorable ||
    !Number.isSafeInteger(startedMs) ||
    typeof conversation !== 'string' ||
    typeof tenant !== 'string'
  ) {
    throw new TwinreelError('catalogue-refused', `${JSON.stringify(cursor.slice(0, 80))} is not the cursor of a page`);
  }
  return { startedMs: startedMs as number, conversation, tenant };
}

function parsed(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
