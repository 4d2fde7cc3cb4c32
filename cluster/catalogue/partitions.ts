// The partitions of conversations: one for each month, UTC, by when a conversation began. A month goes as one table when its time is over.

/** A month: `from` is within, `to` is the beginning of the next one. */
export interface Month {
  readonly table: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What clocks that are wrong could make of one conversation each is bounded. */
const yearsBack = 20;
const monthsAhead = 2;

/** The month of a time; undefined when it is too far from `nowMs` to get a table of its own. */
export function monthOf(atMs: number, nowMs: number): Month | undefined {
  const now = new Date(nowMs);
  const first = Date.UTC(now.getUTCFullYear() - yearsBack, now.getUTCMonth());
  const end = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + monthsAhead + 1);
  return atMs >= first && atMs < end ? month(atMs) : undefined;
}

/** This month and those that will come soon. */
export function monthsToPrepare(nowMs: number): Month[] {
  const now = new Date(nowMs);
  return Array.from({ length: monthsAhead + 1 }, (_, ahead) =>
    month(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead)),
  );
}

/** Makes the table of a month unless it is there. Documents lie apart from what is searched, so that more of that fits into memory. */
export function createMonth({ table, fromMs, toMs }: Month): string {
  return `create table if not exists ${table} partition of conversations for values from (${fromMs}) to (${toMs})
    with (toast_tuple_target = 256)`;
}

function month(atMs: number): Month {
  const at = new Date(atMs);
  const [year, monthIndex] = [at.getUTCFullYear(), at.getUTCMonth()];
  const name = `${year}_${String(monthIndex + 1).padStart(2, '0')}`;
  return { table: `conversations_${name}`, fromMs: Date.UTC(year, monthIndex), toMs: Date.UTC(year, monthIndex + 1) };
}
