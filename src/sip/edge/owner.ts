// Whose a dialog is: an application's, not its connection's. When the connection goes, the dialog stays, and the same
// application has it again as soon as it comes back.

import type { ApplicationSession } from './application-session.ts';
import type { Applications } from './applications.ts';

/** An application, known by its tags; applications without tags are one, as far as they route INVITE. */
export class Owner {
  readonly tags: readonly string[];
  #session: ApplicationSession | undefined;

  /** `session` is the connection it has now; without one its dialogs wait for a successor. */
  constructor(tags: readonly string[], session?: ApplicationSession) {
    this.tags = tags;
    this.#session = session;
  }

  /** The connection to talk to: the one there was, else the first successor of it; undefined while the application is away. */
  session(applications: Applications): ApplicationSession | undefined {
    if (!this.#session?.isOpen) this.#session = applications.successor(this.tags);
    return this.#session;
  }
}
