// One client of a telephony server, as the server sees it: who it is, what it registered, and how it is answered.

import { encodeFrame, frameOf } from '#src/frames';
import type { Endpoint, WireConnection } from '#src/wire';
import type { AttributesOf, SomeMessage } from './message.schema.ts';
import { eventOf } from './message.ts';
import type { EventName } from './messages.protocol.ts';

/** What is answered: anything that carries a ReferenceID. */
interface Asked {
  readonly attributes: { readonly ReferenceID?: number | undefined };
}

export class TLibClient {
  /** Its ApplicationName, once it was let in. */
  name: string | undefined;
  /** The DNs it registered. */
  readonly dns = new Set<string>();
  readonly #connection: WireConnection;

  constructor(connection: WireConnection) {
    this.#connection = connection;
  }

  get remote(): Endpoint {
    return this.#connection.remote;
  }

  /** Sends one event, encoded once, to many; how many took it. */
  static sendAll(clients: Iterable<TLibClient>, event: SomeMessage): number {
    const frame = encodeFrame(event);
    let count = 0;
    for (const client of clients) if (client.#connection.sendFrame(frame)) count += 1;
    return count;
  }

  /** Sends an event to this client alone, whatever it registered. */
  send<Name extends EventName>(message: Name, attributes: AttributesOf<Name>): void {
    this.#connection.send(eventOf(message, attributes));
  }

  /** Sends any value, also one that is no event: for hostile tests. */
  sendRaw(value: unknown): void {
    this.#connection.send(value);
  }

  /** Sends a frame that is no JSON: for hostile tests. */
  sendText(text: string): void {
    this.#connection.sendFrame(frameOf(text));
  }

  /** Answers a request with an event. */
  answer<Name extends EventName>({ attributes }: Asked, message: Name, answer: AttributesOf<Name>): void {
    const { ReferenceID: reference } = attributes;
    this.send(message, reference === undefined ? answer : { ...answer, ReferenceID: reference });
  }

  /** Answers a request with EventACK. */
  acknowledge(request: Asked, attributes: AttributesOf<'EventACK'> = {}): void {
    this.answer(request, 'EventACK', attributes);
  }

  /** Answers a request with EventError. */
  refuse(request: Asked, code: number, text: string): void {
    this.answer(request, 'EventError', { ErrorCode: code, ErrorMessage: text });
  }

  /** As {@link refuse}, for a request of which nothing but its ReferenceID could be read. */
  refuseReference(reference: number, code: number, text: string): void {
    this.refuse({ attributes: { ReferenceID: reference } }, code, text);
  }

  /** Sends the first bytes of an event and breaks off, as a link does that is cut in mid-frame. */
  tear(event: SomeMessage, bytes: number): void {
    this.#connection.tear(event, bytes);
  }

  /** Ends the connection; what was sent still goes out. */
  close(): void {
    this.#connection.close();
  }

  /** Ends the connection at once. */
  cut(): void {
    this.#connection.cut();
  }
}
