// What actors warn of, in the trace.

import type { ActorLog } from '#actors/kit';
import { messageOf } from '#src/errors';
import type { VirtualProcess } from './virtual-process.ts';

export function systemLog({ name, host }: VirtualProcess): ActorLog {
  const say = (fields: object, text: string) => {
    const { actor: _, ...rest } = fields as Record<string, unknown>;
    const told = Object.entries(rest).map(
      ([key, value]) => `${key}=${value instanceof Error ? messageOf(value) : String(value)}`,
    );
    host.world.note(name, `${text} ${told.join(' ')}`.trim());
  };
  const nothing = () => {};
  return { debug: nothing, info: nothing, warn: say, error: say };
}
