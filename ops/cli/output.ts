// How the command line speaks: aligned text for people, one JSON document for programs, errors with their code.

import { codeOf, messageOf } from '#src/errors';

/** Writes a line or a document to standard output. */
export type Print = (text: string) => void;

/** Rows as aligned columns under their titles; numbers to the right. */
export function table(titles: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => String(row[column]).length)),
  );
  const line = (cells: readonly (string | number)[]) =>
    cells
      .map((cell, column) => {
        const width = widths[column]!;
        return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return [line(titles), ...rows.map(line)].join('\n');
}

/** Milliseconds as a person reads them: `12.3 s`, `3:05 min`. */
export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')} min`;
}

/** A wall-clock time, ISO, to the second, UTC. */
export function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** What stands on standard error when a command fails; JSON where JSON was asked for. */
export function failure(error: unknown, json: boolean): string {
  const code = codeOf(error) ?? 'unexpected';
  return json
    ? JSON.stringify({ error: { code, message: messageOf(error) } })
    : `twinreel: ${messageOf(error)} [${code}]`;
}
