// Where a message can be sent. An address says what it accepts, so sending the wrong thing does not compile; it cannot
// be made outside the kit, and it survives restarts of its actor. After the stop it is dead, even if the name is taken anew.

import type { Ask } from './ask.ts';

/**
 * What became of a message: `queued`; `refused` (mailbox full, the sender has to act); `dropped` (mailbox full, counted
 * as a dead letter); `dead` (no such actor any more, counted as a dead letter). Sending never throws.
 */
export type Delivery = 'queued' | 'refused' | 'dropped' | 'dead';

/** Who takes what is sent to an address: the kit's side of an actor. */
interface Receiver<Message> {
  readonly deliver: (message: Message, ask?: Ask) => Delivery;
}

export class Address<in Message> {
  /** `/recorder/sessions/<name>` */
  readonly path: string;
  readonly #receiver: Receiver<Message>; // private, hence nobody else's class is an address; its type makes `in` true

  constructor(path: string, receiver: Receiver<Message>) {
    this.path = path;
    this.#receiver = receiver;
  }

  static deliver<Message>(to: Address<Message>, message: Message, ask?: Ask): Delivery {
    return to.#receiver.deliver(message, ask);
  }

  toJSON(): string {
    return this.path;
  }
}
