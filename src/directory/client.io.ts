// The client of a configuration server: reads all objects, hears of changes, reads again from time to time, and keeps a copy for
// when the server is away. Must never forget what it knows because a server is gone, or sends something broken.

import { messageOf, TwinreelError } from '#src/errors';
import { type Clock, systemClock, type Timer } from '#src/ports';
import {
  type ClientTls,
  type Endpoint,
  type Outcome,
  PendingRequests,
  type Standing,
  StandingConnection,
  type WireLimits,
} from '#src/wire';
import { loadDirectory, saveDirectory } from './cache.io.ts';
import { Directory } from './directory.ts';
import { type DirectoryEvent, type DirectoryRequest, parseDirectoryEvent } from './message.schema.ts';
import {
  type CfgObject,
  isObjectName,
  type ObjectInput,
  type ObjectName,
  objectNames,
  parseObject,
} from './objects.schema.ts';

export interface DirectoryClientOptions {
  /** Primary first, then secondary. */
  readonly servers: readonly Endpoint[];
  readonly tls?: ClientTls;
  /** Application Name, User Name and User Password (guide ch. 4). */
  readonly application: string;
  readonly user: string;
  readonly password: string;
  /** Where the last good copy is kept; absent: nowhere. */
  readonly cacheFile?: string;
  /** Update Period: everything is read again so often; 30 min unless set. */
  readonly updateMs?: number;
  /** Reconnect Time; 30 s unless set. */
  readonly reconnectMs?: number;
  readonly requestMsMax?: number;
  /** Changes that come one upon another are told together after so long. */
  readonly settleMs?: number;
  readonly limits?: WireLimits;
  readonly clock?: Clock;
}

export interface DirectoryListener {
  /** The directory is another now: from the copy at start, read anew, or changed. One that is kept goes on changing. */
  changed(directory: Directory, source: 'copy' | 'server'): void;
  link(standing: Standing): void;
  /** For the log. */
  fault(error: TwinreelError): void;
}

type Asked = DirectoryRequest extends infer Request
  ? Request extends unknown
    ? Omit<Request, 'reference'>
    : never
  : never;

interface Reading {
  readonly directory: Directory;
  readonly left: ObjectName[];
}

const objectsMax = 2_000_000;

export class DirectoryClient {
  readonly #options: DirectoryClientOptions;
  readonly #listener: DirectoryListener;
  readonly #clock: Clock;
  readonly #connection: StandingConnection;
  readonly #pending: PendingRequests<DirectoryEvent>;
  #directory = new Directory();
  #reading: Reading | undefined;
  #phase: 'open' | 'closed' = 'open';
  #telling: Timer | undefined;
  #update: Timer | undefined;
  #sweep: Timer | undefined;
  #saving: Promise<void> = Promise.resolve();
  #unsaved: Directory | undefined;

  private constructor(options: DirectoryClientOptions, listener: DirectoryListener) {
    const { servers, tls, limits, reconnectMs = 30_000, requestMsMax = 30_000, clock = systemClock } = options;
    this.#options = options;
    this.#listener = listener;
    this.#clock = clock;
    this.#pending = new PendingRequests({ requestMsMax, countMax: 1_000 });
    this.#connection = new StandingConnection(
      { servers, tls, clock, reconnectMs, limits, introduceMsMax: requestMsMax },
      {
        introduce: () => this.#introduce(),
        value: (value) => this.#take(value),
        unreadable: (message) => this.#malformed(message),
        lost: ({ stood, why }) => this.#lost(stood, why),
        changed: (standing) => this.#listener.link(standing),
      },
    );
  }

  /** Tells what the copy knows, if there is one, and begins to connect. */
  static async open(options: DirectoryClientOptions, listener: DirectoryListener): Promise<DirectoryClient> {
    const client = new DirectoryClient(options, listener);
    await client.#begin();
    return client;
  }

  /** What is known now. */
  get directory(): Directory {
    return this.#directory;
  }

  get standing(): Standing {
    return this.#connection.standing;
  }

  /** Creates an object, or replaces the one with its DBID. Rejects with `directory-refused`, `directory-unreachable`, `directory-timed-out`. */
  async write<Name extends ObjectName>(kind: Name, object: ObjectInput<Name>): Promise<void> {
    const isThere = this.#directory.get(kind, object.DBID) !== undefined;
    const message = isThere ? 'RequestUpdateObject' : 'RequestCreateObject';
    await this.#request({ message, kind, object: { ...object } });
  }

  /** Deletes an object. Rejects as {@link write} does. */
  async delete(kind: ObjectName, dbid: number): Promise<void> {
    await this.#request({ message: 'RequestDeleteObject', kind, DBID: dbid });
  }

  /** Ends the connection, and waits for the copy to be written. */
  async close(): Promise<void> {
    this.#phase = 'closed';
    this.#connection.close();
    for (const timer of [this.#telling, this.#update, this.#sweep]) timer?.cancel();
    this.#pending.loseAll();
    await this.#saving;
  }

  async #begin(): Promise<void> {
    const { cacheFile } = this.#options;
    try {
      const copy = cacheFile === undefined ? undefined : await loadDirectory(cacheFile);
      if (copy) {
        this.#directory = copy;
        this.#listener.changed(copy, 'copy');
      }
    } catch (error) {
      this.#listener.fault(asFault(error));
    }
    this.#connection.open();
  }

  #introduce(): void {
    const { application, user, password } = this.#options;
    this.#ask({ message: 'RequestRegisterClient', application, user, password }, (outcome) => {
      if (outcome.outcome !== 'answered') this.#connection.refused('no answer to RequestRegisterClient');
      else if (outcome.answer.message === 'EventError') this.#connection.refused(outcome.answer.text);
      else {
        this.#connection.accepted();
        // First registered, then read: a change that comes in between is either read, or told after what was read.
        this.#ask({ message: 'RequestRegisterNotification' }, ({ outcome }) => outcome !== 'lost' && this.#readAll());
      }
    });
  }

  #readAll(): void {
    this.#update?.cancel();
    this.#update = this.#clock.after(this.#options.updateMs ?? 1_800_000, () => this.#readAll());
    if (this.#connection.standing.phase !== 'standing' || this.#reading) return;
    this.#reading = { directory: new Directory(), left: [...objectNames] };
    this.#readNext(this.#reading);
  }

  #readNext(reading: Reading): void {
    const kind = reading.left.shift();
    if (kind === undefined) {
      this.#reading = undefined;
      this.#directory = reading.directory;
      this.#tell();
      return;
    }
    this.#ask({ message: 'RequestReadObjects', kind }, (outcome) => {
      if (this.#reading !== reading) return;
      if (outcome.outcome === 'answered' && outcome.answer.message === 'EventObjectsSent') this.#readNext(reading);
      else {
        this.#reading = undefined; // what is known stays; the next update, or the next connection, tries again
        const why = outcome.outcome === 'answered' ? textOf(outcome.answer) : outcome.outcome;
        this.#listener.fault(new TwinreelError('directory-refused', `${kind} cannot be read: ${why}`, { kind }));
      }
    });
  }

  #take(value: unknown): void {
    const event = parseDirectoryEvent(value);
    if ('malformed' in event) {
      this.#malformed(event.malformed);
      return;
    }
    switch (event.message) {
      case 'EventObjectsRead':
        for (const object of event.objects) this.#put(event.kind, object, this.#reading && [this.#reading.directory]);
        return;
      case 'EventObjectCreated':
      case 'EventObjectUpdated':
        this.#put(event.kind, event.object, this.#both());
        this.#tellSoon();
        break;
      case 'EventObjectDeleted':
        if (isObjectName(event.kind)) for (const one of this.#both()) one.remove(event.kind, event.DBID);
        this.#tellSoon();
        break;
    }
    if (event.reference !== undefined) this.#pending.answered(event.reference, event);
  }

  /** What is known, and what is being read: a change is for both. */
  #both(): Directory[] {
    return this.#reading ? [this.#directory, this.#reading.directory] : [this.#directory];
  }

  #put(kind: string, value: unknown, into: readonly Directory[] = []): void {
    const parsed = parseObject(kind, value);
    if ('malformed' in parsed) this.#malformed(parsed.malformed);
    const object = 'malformed' in parsed ? this.#lastGood(kind, value) : parsed;
    if (object) for (const directory of into) if (directory.size < objectsMax) directory.put(object);
  }

  /** What was known of an object that cannot be read now. */
  #lastGood(kind: string, value: unknown): CfgObject | undefined {
    const dbid = (value as { DBID?: unknown } | null)?.DBID;
    const object = isObjectName(kind) && typeof dbid === 'number' ? this.#directory.get(kind, dbid) : undefined;
    return object && ({ kind, object } as CfgObject);
  }

  #tellSoon(): void {
    this.#telling ??= this.#clock.after(this.#options.settleMs ?? 200, () => this.#tell());
  }

  #tell(): void {
    this.#telling?.cancel();
    this.#telling = undefined;
    this.#listener.changed(this.#directory, 'server');
    this.#save(this.#directory);
  }

  #save(directory: Directory): void {
    const { cacheFile } = this.#options;
    if (cacheFile === undefined) return;
    const isWaiting = this.#unsaved !== undefined;
    this.#unsaved = directory;
    if (isWaiting) return;
    this.#saving = this.#saving.then(async () => {
      const latest = this.#unsaved!;
      this.#unsaved = undefined;
      try {
        await saveDirectory(cacheFile, latest);
      } catch (error) {
        this.#listener.fault(asFault(error));
      }
    });
  }

  #lost(stood: boolean, why: string): void {
    this.#reading = undefined;
    this.#pending.loseAll();
    this.#listener.fault(new TwinreelError('directory-unreachable', `${stood ? 'lost' : 'no link to'} ${why}`));
  }

  #malformed(why: string): void {
    this.#listener.fault(new TwinreelError('directory-message-malformed', `left out: ${why}`));
  }

  #request(asked: Asked): Promise<DirectoryEvent> {
    return new Promise((resolve, reject) => {
      if (this.#connection.standing.phase !== 'standing') {
        reject(new TwinreelError('directory-unreachable', `${asked.message} cannot be sent: the link is down`));
        return;
      }
      this.#ask(asked, (outcome) => {
        if (outcome.outcome === 'timed-out')
          reject(new TwinreelError('directory-timed-out', `no answer to ${asked.message}`));
        else if (outcome.outcome === 'lost') reject(new TwinreelError('directory-unreachable', `the link was lost`));
        else if (outcome.answer.message === 'EventError')
          reject(new TwinreelError('directory-refused', outcome.answer.text));
        else resolve(outcome.answer);
      });
    });
  }

  #ask(asked: Asked, settle: (outcome: Outcome<DirectoryEvent>) => void): void {
    const reference = this.#pending.begin(this.#clock.monotonicMs(), settle);
    if (reference === undefined) {
      settle({ outcome: 'lost' });
      return;
    }
    this.#connection.send({ ...asked, reference });
    if (this.#phase === 'open')
      this.#sweep ??= this.#clock.after(this.#options.requestMsMax ?? 30_000, () => this.#expire());
  }

  #expire(): void {
    const nowMs = this.#clock.monotonicMs();
    const nextMs = this.#pending.expire(nowMs);
    this.#sweep = nextMs === undefined ? undefined : this.#clock.after(nextMs - nowMs, () => this.#expire());
  }
}

function textOf(event: DirectoryEvent): string {
  return event.message === 'EventError' ? event.text : `answered with ${event.message}`;
}

function asFault(error: unknown): TwinreelError {
  if (error instanceof TwinreelError) return error;
  return new TwinreelError(
    'directory-cache-unreadable',
    `the copy of the directory cannot be written: ${messageOf(error)}`,
  );
}
