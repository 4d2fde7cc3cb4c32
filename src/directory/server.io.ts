// The server's end of the configuration protocol, for the lab and for tests: lets users in, hands out objects, takes changes, and
// tells them to whoever registered for that.

import { TwinreelError } from '#src/errors';
import { type Clock, systemClock } from '#src/ports';
import { type Endpoint, type ServerTls, type WireConnection, type WireLimits, WireListener } from '#src/wire';
import { Directory } from './directory.ts';
import { type DirectoryEvent, type DirectoryRequest, parseDirectoryRequest } from './message.schema.ts';
import { type CfgObject, isObjectName, type ObjectName, parseObject } from './objects.schema.ts';
import type { DirectoryUser, Site } from './site.schema.ts';

export interface DirectoryServerOptions {
  readonly host: string;
  /** 0 takes any free one. */
  readonly port: number;
  readonly tls?: ServerTls;
  readonly site: Site;
  /** For the log: malformed requests. */
  readonly fault?: (error: TwinreelError) => void;
  readonly limits?: WireLimits;
  readonly clock?: Clock;
}

interface Client {
  readonly connection: WireConnection;
  user: DirectoryUser | undefined;
  hearsChanges: boolean;
}

/** Objects of one EventObjectsRead: so few that a client with calls to attend is not held up by one. */
const batchBytesMax = 32 * 1024;

export class DirectoryServer {
  readonly #clients = new Set<Client>();
  readonly #fault: (error: TwinreelError) => void;
  #directory = new Directory();
  #users: readonly DirectoryUser[];
  #listener!: WireListener;

  private constructor({ site, fault = () => {} }: DirectoryServerOptions) {
    this.#fault = fault;
    this.#users = site.users;
    for (const object of site.objects) this.#directory.put(object);
  }

  /** Listens. Rejects with what the system says. */
  static async listen(options: DirectoryServerOptions): Promise<DirectoryServer> {
    const { host, port, tls, limits, clock = systemClock } = options;
    const server = new DirectoryServer(options);
    const attend = (connection: WireConnection) => server.#attend(connection);
    const optional = { ...(tls && { tls }), ...(limits && { limits }) };
    server.#listener = await WireListener.listen({ host, port, clock, attend, ...optional });
    return server;
  }

  get endpoint(): Endpoint {
    return this.#listener.endpoint;
  }

  /** All objects there are. */
  get directory(): Directory {
    return this.#directory;
  }

  /** Adds or replaces an object; those who registered are told. */
  put(object: CfgObject): void {
    const isThere = this.#directory.get(object.kind, object.object.DBID) !== undefined;
    this.#directory.put(object);
    this.#tellAll({ message: isThere ? 'EventObjectUpdated' : 'EventObjectCreated', ...plain(object) });
  }

  /** Takes an object out; those who registered are told. False when there was none. */
  remove(kind: ObjectName, dbid: number): boolean {
    if (!this.#directory.remove(kind, dbid)) return false;
    this.#tellAll({ message: 'EventObjectDeleted', kind, DBID: dbid });
    return true;
  }

  /** Becomes another site: what differs is told, object by object. */
  become({ users, objects }: Site): void {
    this.#users = users;
    const wanted = new Map(objects.map((one) => [`${one.kind} ${one.object.DBID}`, one]));
    for (const { kind, object } of this.#directory.objects()) {
      if (!wanted.has(`${kind} ${object.DBID}`)) this.remove(kind, object.DBID);
    }
    for (const one of objects) {
      const known = this.#directory.get(one.kind, one.object.DBID);
      if (JSON.stringify(known) !== JSON.stringify(one.object)) this.put(one);
    }
  }

  /** Stops listening and cuts every client off, as if the process had been killed. */
  close(): Promise<void> {
    return this.#listener.close();
  }

  #attend(connection: WireConnection): ReturnType<ConstructorParameters<typeof WireConnection>[1]> {
    const client: Client = { connection, user: undefined, hearsChanges: false };
    this.#clients.add(client);
    return {
      value: (value) => this.#take(client, value),
      unreadable: (fault) => this.#malformed(fault.message),
      closed: () => this.#clients.delete(client),
    };
  }

  #take(client: Client, value: unknown): void {
    const request = parseDirectoryRequest(value);
    if ('malformed' in request) {
      this.#malformed(request.malformed);
      send(client, { message: 'EventError', text: request.malformed });
      return;
    }
    const { reference } = request;
    const refuse = (text: string) => send(client, { message: 'EventError', reference, text });
    if (request.message === 'RequestRegisterClient') this.#admit(client, request);
    else if (!client.user) refuse('RequestRegisterClient comes first');
    else if (request.message === 'RequestRegisterNotification') {
      client.hearsChanges = true;
      send(client, { message: 'EventNotificationRegistered', reference });
    } else if (!isObjectName(request.kind)) refuse(`${request.kind} is not a kind of object`);
    else if (request.message === 'RequestReadObjects') this.#read(client, reference, request.kind);
    else this.#change(client, request, request.kind);
  }

  #admit(client: Client, request: Extract<DirectoryRequest, { message: 'RequestRegisterClient' }>): void {
    const { reference, user, password, application } = request;
    const known = this.#users.find((one) => one.name === user && one.password === password);
    if (known && (known.application === undefined || known.application === application)) {
      client.user = known;
      send(client, { message: 'EventClientRegistered', reference });
      return;
    }
    const text = known ? `${user} may not come as application ${application}` : 'user name or password is wrong';
    send(client, { message: 'EventError', reference, text });
    client.connection.close();
  }

  #read(client: Client, reference: number, kind: ObjectName): void {
    const objects = this.#directory.all(kind);
    let batch: unknown[] = [];
    let bytes = 0;
    const flush = () => {
      if (batch.length > 0) send(client, { message: 'EventObjectsRead', reference, kind, objects: batch });
      batch = [];
      bytes = 0;
    };
    for (const object of objects) {
      const size = JSON.stringify(object).length;
      if (bytes + size > batchBytesMax) flush();
      batch.push(object);
      bytes += size;
    }
    flush();
    send(client, { message: 'EventObjectsSent', reference, count: objects.length });
  }

  #change(
    client: Client,
    request: Exclude<DirectoryRequest, { message: `RequestRe${string}` }>,
    kind: ObjectName,
  ): void {
    const { reference } = request;
    const refuse = (text: string) => send(client, { message: 'EventError', reference, text });
    if (request.message === 'RequestDeleteObject') {
      if (!this.remove(kind, request.DBID)) refuse(`there is no ${kind} ${request.DBID}`);
      else send(client, { message: 'EventObjectDeleted', reference, kind, DBID: request.DBID });
      return;
    }
    const object = parseObject(kind, request.object);
    if ('malformed' in object) {
      refuse(object.malformed);
      return;
    }
    const isThere = this.#directory.get(kind, object.object.DBID) !== undefined;
    if (isThere !== (request.message === 'RequestUpdateObject')) {
      refuse(`there is ${isThere ? 'already a' : 'no'} ${kind} ${object.object.DBID}`);
      return;
    }
    this.put(object);
    send(client, { message: isThere ? 'EventObjectUpdated' : 'EventObjectCreated', reference, ...plain(object) });
  }

  #tellAll(event: DirectoryEvent): void {
    for (const client of this.#clients) if (client.hearsChanges) send(client, event);
  }

  #malformed(why: string): void {
    this.#fault(new TwinreelError('directory-message-malformed', `a request is left out: ${why}`));
  }
}

function send({ connection }: Client, event: DirectoryEvent): void {
  connection.send(event);
}

function plain({ kind, object }: CfgObject): { readonly kind: ObjectName; readonly object: Record<string, unknown> } {
  return { kind, object: { ...object } };
}
