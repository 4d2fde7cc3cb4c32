// Where a server is, and what TLS towards it or in front of it needs. Texts are PEM; nothing here reads files.

/** A host name or address, and a TCP port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** Who dials over TLS: whom it believes, and, where the server asks for it, who it is. */
export interface ClientTls {
  /** Who signs the server's certificate; absent: the authorities Node knows. */
  readonly authorities?: string;
  /** The name the server's certificate has to carry; absent: the host that is dialled. */
  readonly serverName?: string;
  readonly certificate?: string;
  readonly key?: string;
}

/** Who listens over TLS. */
export interface ServerTls {
  readonly certificate: string;
  readonly key: string;
  /** With it, who connects must show a certificate signed by one of these. */
  readonly authorities?: string;
}

/** `host:port`, an IPv6 address in brackets. */
export function textOfEndpoint({ host, port }: Endpoint): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Reads what {@link textOfEndpoint} writes; the configuration has checked it. */
export function endpointOfText(text: string): Endpoint {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
}
