// The part of drachtio-srf that a back-to-back user agent needs, as it really is: its own types leave out and misstate some.

import type { EventEmitter } from 'node:events';

export interface SipRequest extends Pick<EventEmitter, 'on' | 'once'> {
  readonly method: string;
  readonly uri: string;
  readonly body: string;
  readonly source_address: string;
  readonly source_port: number;
  get(name: string): string | undefined;
  getParsedHeader(name: 'From' | 'To'): { readonly uri: string };
  cancel(done: (error?: Error | null) => void): void;
}

export interface SipResponse {
  readonly status: number;
  readonly body: string;
  readonly finalResponseSent: boolean;
  send(status: number, options?: { readonly headers?: Readonly<Record<string, string>>; readonly body?: string }): void;
}

export interface Dialog extends Pick<EventEmitter, 'on' | 'once' | 'removeAllListeners'> {
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  readonly remote: { readonly sdp: string };
  readonly local: { readonly sdp: string };
  /** re-INVITE; resolves with the peer's SDP. */
  modify(sdp: string): Promise<string>;
  request(options: {
    readonly method: string;
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }): Promise<SipResponse>;
  destroy(): Promise<unknown>;
}

/** An answer to an INVITE without an offer: what is offered, and how to answer it. */
export interface OfferedDialog {
  readonly sdp: string;
  ack(answer: string): Promise<Dialog>;
}

interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly callingNumber?: string;
}

interface Progress {
  readonly cbRequest?: (error: Error | null, request: SipRequest) => void;
  readonly cbProvisional?: (response: SipResponse) => void;
}

/** Rejections have a `status` when the peer refused. */
export interface SipAgent extends Pick<EventEmitter, 'on' | 'once'> {
  connect(edge: { readonly host: string; readonly port: number; readonly secret: string }): void;
  disconnect(): void;
  use(method: 'register', handle: (request: SipRequest, response: SipResponse) => void): void;
  invite(handle: (request: SipRequest, response: SipResponse) => void): void;
  /** A request outside of any dialog; the one that was sent tells its answer as `response`. */
  request(
    uri: string,
    options: { readonly method: string; readonly headers?: Readonly<Record<string, string>> },
    sent: (error: Error | null, request?: SipRequest) => void,
  ): void;
  createUAC(uri: string, options: CallOptions & { readonly localSdp: string }, progress?: Progress): Promise<Dialog>;
  createUAC(uri: string, options: CallOptions & { readonly noAck: true }, progress?: Progress): Promise<OfferedDialog>;
  createUAS(request: SipRequest, response: SipResponse, options: { readonly localSdp: string }): Promise<Dialog>;
}

/** The status of a refusal, 500 when it was none. */
export function statusOf(error: unknown): number {
  const { status } = (error ?? {}) as { readonly status?: unknown };
  return typeof status === 'number' ? status : 500;
}
