// Migrations: the files of migrations/ in the order of their numbers, each applied once and whole. A file that was applied somewhere is
// never changed; what is to be different comes with another one.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { TwinreelError } from '#src/errors';
import type { Database } from './database.protocol.ts';
import { rowsOf } from './session.ts';

// They lie beside the sources and are not compiled: read from there, wherever this runs from.
const folder = fileURLToPath(new URL('./migrations/', import.meta.url)).replace('/dist/cluster/', '/cluster/');

/** Brings the tables to where this version wants them. Rejects with `catalogue-too-new` if a newer one has been at work. */
export async function migrate(database: Database): Promise<void> {
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort();
  await database.transaction(async (queries) => {
    // One process at a time; the number is ours alone.
    await rowsOf(queries, sql`select pg_advisory_xact_lock(8265110)`);
    await rowsOf(queries, sql`create table if not exists migrations (name text primary key)`);
    const rows = await rowsOf<{ name: string }>(queries, sql`select name from migrations order by name`);
    const applied = rows.map(({ name }) => name);
    const unknown = applied.find((name) => !files.includes(name));
    if (unknown !== undefined) {
      throw new TwinreelError(
        'catalogue-too-new',
        `a newer version has changed the catalogue: ${unknown} is not known here`,
      );
    }
    for (const name of files.filter((one) => !applied.includes(one))) {
      for (const statement of statementsOf(readFileSync(`${folder}${name}`, 'utf8'))) {
        await rowsOf(queries, sql.raw(statement));
      }
      await rowsOf(queries, sql`insert into migrations (name) values (${name})`);
    }
  });
}

/** The files hold plain statements, each ending with a semicolon at the end of a line. */
function statementsOf(text: string): string[] {
  return text
    .replaceAll(/^--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
