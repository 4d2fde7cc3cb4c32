// Makes every actor of a recorder throw, every 200 ms as long as a file is there. Loaded into the processes of a drilled node
// before anything else (node --import). Must never be imported by anything but drills.

import { existsSync } from 'node:fs';
import type { ActorDefinition } from '#actors/kit';
import { session } from '#actors/session';
import { sessions } from '#actors/sessions';

/** Names the file whose presence makes actors throw, in the environment of their process. */
export const throwingVariable = 'TWINREEL_DRILL_THROWING';
export const throwingFile = 'throwing';

const everyMs = 200;

/** Lets an actor send itself a message that its handler throws on. */
function spoil<Message, State, Args>(definition: ActorDefinition<Message, State, Args>, file: string): void {
  const { start, receive } = definition;
  const due = { type: 'drill-throws' } as Message;
  definition.start = (args, context) => {
    context.after(everyMs, due);
    return start(args, context);
  };
  definition.receive = (state, message, context) => {
    if (message !== due) return receive(state, message, context);
    if (existsSync(file)) throw new Error('thrown by a drill');
    context.after(everyMs, due);
    return state;
  };
}

const file = process.env[throwingVariable];
if (process.env['pm_exec_path'] !== undefined && file !== undefined) {
  spoil(session, file);
  spoil(sessions, file);
}
