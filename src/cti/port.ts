// What the rest of Twinreel knows of a telephony server: T-Lib by its names, whoever carries it. The link of this folder is one
// that can stand behind it; a bridge to a vendor's SDK, or a simulation, another.

import type { TwinreelError } from '#src/errors';
import type { Endpoint, Standing } from '#src/wire';
import type { DnState } from './dn-state.ts';
import type { AttributesOf, TLibEvent } from './message.schema.ts';
import type { RequestName } from './messages.protocol.ts';
import type { RegistrationProgress } from './registrations.ts';

/** Where the link stands. `switchLink`: whether the server in turn has its switch. */
export type LinkState =
  | { readonly phase: 'down'; readonly standing: Standing }
  | {
      readonly phase: 'up';
      readonly server: Endpoint;
      readonly switchLink: 'unknown' | 'connected' | 'disconnected';
    };

/** Attributes of a request, without the ReferenceID, which the link gives. */
export type RequestAttributes<Name extends RequestName> = Omit<AttributesOf<Name>, 'ReferenceID'>;

export interface TLibPort {
  /** Registers DNs, now and after every reconnect; the state of each comes through {@link TLibListener.dnState}. */
  watch(dns: Iterable<string>): void;
  unwatch(dns: Iterable<string>): void;
  /** Asks what a DN is doing, which comes through {@link TLibListener.dnState}; nothing happens when it is not registered. */
  query(dn: string): void;
  /**
   * Sends a request; resolves with the event that answers it. Rejects with TwinreelError `cti-refused` (details.errorCode),
   * `cti-timed-out`, `cti-unreachable`.
   */
  request<Name extends RequestName>(message: Name, attributes: RequestAttributes<Name>): Promise<TLibEvent>;
  /** Nothing is told any more until `resume`; what comes meanwhile waits on its way, and nothing of it is lost. */
  pause(): void;
  resume(): void;
  readonly state: LinkState;
  readonly registrations: RegistrationProgress;
  close(): void;
}

/** Who hears what happens, in the order in which the server told it. */
export interface TLibListener {
  /** An event; unknown ones too. Mere answers to requests are not told. */
  event(event: TLibEvent): void;
  /** What a DN is doing: once it is registered, first of all and after every reconnect, and when it was asked for. */
  dnState(state: DnState): void;
  link(state: LinkState): void;
  /** Every DN that is watched has been registered or refused. */
  settled(progress: RegistrationProgress): void;
  /** For the log: a malformed event, a refused DN, a lost link. */
  fault(error: TwinreelError): void;
}
