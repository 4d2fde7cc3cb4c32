// The ways SIP travels, as the edge sees them: datagrams over UDP, connections over TCP and TLS.

import type { Refusal } from './counters.ts';

export type Protocol = 'udp' | 'tcp' | 'tls';

/** An address and a port. IPv6 without brackets. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** The way to one peer (RFC 5626's word): over UDP a pair of addresses, over a stream a connection. */
export interface Flow {
  readonly protocol: Protocol;
  /** Nothing is sent twice over a reliable flow. */
  readonly isReliable: boolean;
  readonly remote: Endpoint;
  /** Where the peer takes what it is owed once the connection is gone, when that is not `remote`. */
  readonly returnTo?: Endpoint;
  /** Our own side, as peers may reach it. */
  readonly local: Endpoint;
  /** Sends one message. `failed` is called after this turn, at most once, when it surely did not go out. */
  send(bytes: Buffer, failed?: (reason: string) => void): void;
  /** Streams: the way back for responses, this connection or, when it is gone, another one to this port of the peer. */
  backTo?(port: number): Flow;
  /** Streams: requests to this port of the peer may take this connection too (RFC 5923, Via's `alias`). */
  serveAs?(port: number): void;
}

/** What listens and sends. */
export interface Transport {
  readonly protocol: Protocol;
  readonly local: Endpoint;
  /** Connections that are up or being set up; 0 for UDP. */
  readonly connections: number;
  /** How long datagrams have been waiting without the queue ever having been empty; 0 for streams, which hold their senders back. */
  readonly queuedMs: number;
  /** A flow to a peer, whether it ever spoke to us or not. */
  flowTo(remote: Endpoint): Flow;
  close(): Promise<void>;
}

/** Where a transport hands what comes in. */
export interface TransportReceiver {
  received(bytes: Buffer, flow: Flow): void;
  /** Something was dropped before it became a message. */
  refused(reason: Refusal): void;
  /** A stream that cannot be read on; it is closed afterwards. `head`: what there is of the message, perhaps nothing. */
  unreadable(reason: Refusal, head: Buffer, status: number, flow: Flow): void;
}

/** `address:port`, IPv6 in brackets. */
export function hostPortOf(endpoint: Endpoint): string {
  return `${endpoint.address.includes(':') ? `[${endpoint.address}]` : endpoint.address}:${endpoint.port}`;
}
