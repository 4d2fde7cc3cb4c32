// Where actors write their log: the shape of pino, with the actor's path in every line.

/** A log; pino's `Logger` is one. */
export interface ActorLog {
  debug(fields: object, text: string): void;
  info(fields: object, text: string): void;
  warn(fields: object, text: string): void;
  error(fields: object, text: string): void;
}

const nothing = () => {};

/** For tests and simulation. */
export const silentLog: ActorLog = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** A log whose lines carry the actor's path. It never throws: a full disk under the log is no reason to crash an actor. */
export function logOf(actor: string, log: ActorLog): ActorLog {
  const write = (level: keyof ActorLog) => (fields: object, text: string) => {
    try {
      log[level]({ actor, ...fields }, text);
    } catch {
      // nowhere is left to say it
    }
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
