// The part of drachtio-srf that a caller needs, as it really is: its own types leave out and misstate some of it.

/** An answer, or a request that has been sent. */
export interface SipMessageOfAgent {
  readonly status: number;
  readonly reason: string;
  readonly body: string;
}

/** An INVITE that has been sent and not been answered yet. */
export interface SentInvite {
  cancel(done: (error?: Error | null) => void): void;
}

/** An established dialog. */
export interface AgentDialog {
  readonly local: { readonly contact: string };
  readonly remote: { readonly sdp: string };
  /** Sends any request; an INVITE with a body is acknowledged by the library, after a BYE the dialog is forgotten. */
  request(options: {
    readonly method: 'INVITE' | 'UPDATE' | 'INFO' | 'BYE' | 'OPTIONS';
    readonly body?: string;
    readonly headers?: Readonly<Record<string, string>>;
  }): Promise<SipMessageOfAgent>;
  /** The peer has hung up. */
  on(event: 'destroy', gone: () => void): void;
}

/** A connection to a SIP edge. */
export interface SipAgent {
  connect(edge: { readonly host: string; readonly port: number; readonly secret: string }): void;
  disconnect(): void;
  on(event: 'connect', connected: (error: Error | null) => void): void;
  on(event: 'error', failed: (error: Error) => void): void;
  /** Rejects with an error that has a `status` when the INVITE is refused. */
  createUAC(
    uri: string,
    options: {
      readonly localSdp: string;
      readonly headers: Readonly<Record<string, string>>;
      /** The next hop, when it is not where the URI points. */
      readonly proxy?: string;
    },
    progress: { readonly cbRequest: (error: Error | null, request?: SentInvite) => void },
  ): Promise<AgentDialog>;
}
