// Weekday and time of day of a moment where the rules are at home.

import { weekdays } from './rules.schema.ts';

export interface LocalTime {
  /** Monday is 0. */
  readonly weekday: number;
  /** Seconds since midnight, as the clock on the wall shows. */
  readonly second: number;
}

/** Reads moments (wall clock, milliseconds) in one time zone; `undefined`: that of this machine. */
export function localTimeIn(timeZone: string | undefined): (atMs: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    ...(timeZone !== undefined && { timeZone }),
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  return (atMs) => {
    const [, day = '', hours, minutes, seconds] = /^(\w{3}),? (\d\d):(\d\d):(\d\d)$/.exec(format.format(atMs)) ?? [];
    const weekday = (weekdays as readonly string[]).indexOf(day.toLowerCase());
    return { weekday, second: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds) };
  };
}

/** Seconds since midnight of `HH:MM` or `HH:MM:SS`. */
export function secondOf(timeOfDay: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = timeOfDay.split(':').map(Number);
  return hours * 3600 + minutes * 60 + seconds;
}
