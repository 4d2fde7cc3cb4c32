// A core's link to a telephony server of the simulation: connects by itself, again and again; registers DNs and learns what each is
// doing; asks, and hears answers or that there will be none.

import {
  type Attributes,
  type DnState,
  eventOf,
  type KeyValueList,
  type LinkState,
  type TLibPort as Port,
  type RegistrationProgress,
  type RequestAttributes,
  type RequestName,
  type TLibEvent,
  type TLibListener,
} from '#src/cti';
import { TwinreelError } from '#src/errors';
import type { LineEnd, Side } from './network.ts';
import type { VirtualProcess } from './virtual-process.ts';
import type { FromSwitch, ToSwitch, VirtualSwitch } from './virtual-switch.ts';

const [reconnectMs, requestMsMax] = [1_000, 5_000];

interface Asked {
  resolve(event: TLibEvent): void;
  reject(error: Error): void;
}

export class TLibPort implements Port {
  readonly #process: VirtualProcess;
  readonly #server: VirtualSwitch;
  readonly #listener: TLibListener;
  readonly #dns = new Set<string>();
  readonly #registered = new Set<string>();
  readonly #asked = new Map<number, Asked>();
  #isPaused = false;
  #unread: FromSwitch[] = [];
  #references = 0;
  #side: Side<ToSwitch> | undefined;
  #phase: 'open' | 'closed' = 'open';

  constructor(process: VirtualProcess, server: VirtualSwitch, listener: TLibListener) {
    this.#process = process;
    this.#server = server;
    this.#listener = listener;
    this.#connectIn(5);
  }

  get state(): LinkState {
    if (!this.#side) return { phase: 'down', standing: { phase: 'closed' } };
    return { phase: 'up', server: { host: this.#server.process.host.name, port: 1 }, switchLink: 'connected' };
  }

  get registrations(): RegistrationProgress {
    const [wanted, registered] = [this.#dns.size, this.#registered.size];
    return { wanted, registered, refused: 0, outstanding: wanted - registered };
  }

  watch(dns: Iterable<string>): void {
    for (const dn of dns) {
      this.#dns.add(dn);
      this.#side?.send({ type: 'register', dn });
    }
  }

  unwatch(dns: Iterable<string>): void {
    for (const dn of dns) {
      this.#dns.delete(dn);
      this.#registered.delete(dn);
      this.#side?.send({ type: 'unregister', dn });
    }
  }

  query(dn: string): void {
    if (this.#dns.has(dn)) this.#side?.send({ type: 'query', dn });
  }

  request<Name extends RequestName>(message: Name, attributes: RequestAttributes<Name>): Promise<TLibEvent> {
    const side = this.#side;
    if (!side) return Promise.reject(new TwinreelError('cti-unreachable', 'there is no link'));
    return new Promise((resolve, reject) => {
      const reference = ++this.#references;
      this.#asked.set(reference, { resolve, reject });
      this.#process.clock.after(requestMsMax, () => {
        if (this.#asked.delete(reference))
          reject(new TwinreelError('cti-timed-out', `no answer in ${requestMsMax} ms`));
      });
      const { world } = this.#process.host;
      const isOther =
        message === 'RequestPrivateService' &&
        ((!this.#process.name.endsWith('.1') && world.isPlanted('asked-under-another-id')) ||
          (this.#process.host.name !== 'c1' && world.isPlanted('twin-asks-under-another-id')));
      side.send({ type: 'request', reference, message, attributes: isOther ? underAnotherId(attributes) : attributes });
    });
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    for (const said of this.#unread.splice(0)) this.#heard(said);
  }

  close(): void {
    this.#phase = 'closed';
    this.#side?.close();
    this.#side = undefined;
  }

  #connectIn(ms: number): void {
    this.#process.clock.after(ms, () => {
      if (this.#phase === 'closed') return;
      const { network } = this.#process.host.world;
      const [here, there] = [this.#process.host, this.#server.process.host];
      if (!network.reaches(here, there) || !network.reaches(there, here) || this.#server.process.phase !== 'running') {
        this.#connectIn(reconnectMs);
        return;
      }
      const end: LineEnd<FromSwitch> = {
        process: this.#process,
        heard: (said) => this.#heard(said),
        ended: () => this.#lost(),
      };
      this.#side = this.#server.accept(end);
      this.#listener.link(this.state);
      this.watch(this.#dns);
    });
  }

  #lost(): void {
    this.#side = undefined;
    this.#unread = [];
    this.#registered.clear();
    this.#listener.link(this.state);
    for (const { reject } of this.#asked.values()) reject(new TwinreelError('cti-unreachable', 'the link was lost'));
    this.#asked.clear();
    this.#connectIn(reconnectMs);
  }

  #stands(state: DnState): void {
    this.#listener.dnState(state);
    if (!this.#dns.has(state.dn) || this.#registered.has(state.dn)) return;
    this.#registered.add(state.dn);
    if (this.#registered.size === this.#dns.size) this.#listener.settled(this.registrations);
  }

  #heard(said: FromSwitch): void {
    if (this.#isPaused) {
      this.#unread.push(said);
      return;
    }
    if (said.type === 'event') this.#listener.event(eventOf(said.message, said.attributes as never) as TLibEvent);
    else if (said.type === 'stands') this.#stands(said.state);
    else {
      const { reference, refusal } = said;
      const asked = this.#asked.get(reference);
      this.#asked.delete(reference);
      if (refusal === undefined) asked?.resolve(eventOf('EventACK', {}));
      else asked?.reject(new TwinreelError('cti-refused', refusal));
    }
  }
}

function underAnotherId(attributes: Attributes): Attributes {
  const extensions = (attributes.Extensions ?? []).map(
    ([key, value]) => [key, key === 'id' ? `${value}2` : value] as const,
  );
  return { ...attributes, Extensions: extensions as KeyValueList };
}
