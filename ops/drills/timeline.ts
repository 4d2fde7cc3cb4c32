// The course of a drill as text: a line for each event, a column for each process. Only lays out; what happened is told to it.

import { type Role, roles } from './drill.ts';

/** What a process does in a line: begins with a pid, ends, or is stopped and goes on. */
export type Mark =
  | { readonly mark: 'begun'; readonly pid: number }
  | { readonly mark: 'ended'; readonly pid: number }
  | { readonly mark: 'frozen' | 'thawed' };

export interface TimelineEvent {
  readonly atMs: number;
  readonly text: string;
  readonly marks?: Readonly<Partial<Record<Role, Mark>>>;
}

type Life = 'absent' | 'running' | 'frozen';

const columnWidth = 10;
const timeWidth = 9;

/** Draws events as they come. */
export class Timeline {
  readonly #lives = new Map<Role, Life>();

  get title(): string {
    return `${'s'.padStart(timeWidth - 1)}  ${roles.map((role) => role.padEnd(columnWidth)).join('')}`.trimEnd();
  }

  /** The line of the next event. `begun` is ▲, `ended` ✗, running │, frozen ┊. */
  line({ atMs, text, marks = {} }: TimelineEvent): string {
    const cells = roles.map((role) => this.#cell(role, marks[role]).padEnd(columnWidth));
    return `${(atMs / 1000).toFixed(3).padStart(timeWidth - 1)}  ${cells.join('')}${text}`.trimEnd();
  }

  #cell(role: Role, mark: Mark | undefined): string {
    switch (mark?.mark) {
      case 'begun':
        this.#lives.set(role, 'running');
        return `▲ ${mark.pid}`;
      case 'ended':
        this.#lives.set(role, 'absent');
        return `✗ ${mark.pid}`;
      case 'frozen':
        this.#lives.set(role, 'frozen');
        return '┊ frozen';
      case 'thawed':
        this.#lives.set(role, 'running');
        return '│ thawed';
      case undefined:
        return { absent: '', running: '│', frozen: '┊' }[this.#lives.get(role) ?? 'absent'];
    }
  }
}
