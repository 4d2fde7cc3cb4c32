// The part of drachtio-srf that an element of the lab needs, as it really is: its own types leave out and misstate some of it.

/** A request as it came. */
export interface IncomingRequest {
  readonly method: string;
  readonly uri: string;
  readonly body: string;
  readonly callingNumber: string;
  get(name: string): string | undefined;
  on(event: 'cancel', cancelled: () => void): void;
}

/** Where its answer goes. */
export interface ReplyTo {
  send(
    status: number,
    options?: { readonly body?: string; readonly headers?: Readonly<Record<string, string>> } | string,
  ): void;
}

/** A response to a request of ours. */
export interface HeardResponse {
  readonly status: number;
  readonly reason: string;
  readonly body: string;
}

/** A request of ours before it is answered. */
export interface SentRequest {
  cancel(done: (error?: Error | null) => void): void;
}

/** A dialog that stands. */
export interface EndpointDialog {
  readonly id: string;
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string };
  readonly local: { sdp: string; readonly uri: string; readonly contact: string };
  readonly remote: { readonly sdp: string; readonly uri: string };
  request(options: {
    readonly method: 'INVITE' | 'UPDATE' | 'INFO' | 'BYE' | 'OPTIONS' | 'REFER' | 'NOTIFY';
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }): Promise<HeardResponse>;
  on(event: 'destroy', ended: () => void): void;
  /** The ACK of a 2xx; its body is the answer when the 2xx was an offer. */
  on(event: 'ack', acknowledged: (request: IncomingRequest) => void): void;
  on(
    event: 'modify' | 'info' | 'refer' | 'notify' | 'update',
    asked: (request: IncomingRequest, reply: ReplyTo) => void,
  ): void;
}

/** An INVITE without an offer, answered with one: the dialog stands once the answer is given. */
export interface PendingOffer {
  readonly sdp: string;
  ack(answer: string): Promise<EndpointDialog>;
}

interface CallOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** The next hop, when it is not where the Request-URI points. */
  readonly proxy?: string;
}

interface CallProgress {
  readonly cbRequest?: (error: Error | null, request?: SentRequest) => void;
  readonly cbProvisional?: (response: HeardResponse) => void;
}

/** A connection to an edge. */
export interface EndpointAgent {
  connect(edge: { readonly host: string; readonly port: number; readonly secret: string }): void;
  disconnect(): void;
  on(event: 'connect', connected: (error: Error | null) => void): void;
  on(event: 'error', failed: (error: Error) => void): void;
  use(method: string, handle: (request: IncomingRequest, reply: ReplyTo) => void): void;
  /** Sends 200 with the description. Rejects when the INVITE was cancelled. */
  createUAS(request: IncomingRequest, reply: ReplyTo, options: { readonly localSdp: string }): Promise<EndpointDialog>;
  /** Rejects with an error that has a `status` when the INVITE is refused. */
  createUAC(
    uri: string,
    options: CallOptions & { readonly localSdp: string },
    progress?: CallProgress,
  ): Promise<EndpointDialog>;
  createUAC(uri: string, options: CallOptions & { readonly noAck: true }): Promise<PendingOffer>;
}
