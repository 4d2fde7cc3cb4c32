// SIP and SIPS URIs as far as routing needs them (RFC 3261 §19.1). A Request-URI itself is never rewritten: it is kept as text.

import { type Parameter, parameterValue, parseParameters } from './message-parameter.ts';

/** A SIP or SIPS URI in its parts. IPv6 hosts keep their brackets. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  /** User and password as written, escapes included; undefined when there is no `@`. */
  readonly user?: string;
  readonly host: string;
  readonly port?: number;
  readonly parameters: readonly Parameter[];
}

/** Reads a SIP or SIPS URI; undefined for other schemes and for what cannot be read. Headers after `?` are dropped. */
export function parseSipUri(text: string): SipUri | undefined {
  const scheme = /^(sips?):/i.exec(text)?.[1]?.toLowerCase() as 'sip' | 'sips' | undefined;
  if (!scheme || /[\s<>"]/.test(text)) return undefined;
  const rest = text.slice(scheme.length + 1);
  const at = rest.lastIndexOf('@');
  const afterUser = rest.slice(at + 1).split('?', 1)[0]!;
  const semicolon = afterUser.indexOf(';');
  const place = hostPort(semicolon < 0 ? afterUser : afterUser.slice(0, semicolon));
  if (!place) return undefined;
  const uri: { -readonly [Part in keyof SipUri]: SipUri[Part] } = {
    scheme,
    host: place.host,
    parameters: semicolon < 0 ? [] : parseParameters(afterUser.slice(semicolon)),
  };
  if (at >= 0) uri.user = rest.slice(0, at);
  if (place.port !== undefined) uri.port = place.port;
  return uri;
}

/** Whether a Route's URI asks for loose routing (RFC 3261 §19.1.1 `lr`). */
export function isLooseRouter(uri: SipUri): boolean {
  return parameterValue(uri.parameters, 'lr') !== undefined;
}

/** The transport a URI asks for: its `transport` parameter, else UDP. SIPS over TCP is TLS (RFC 3261 §26.2.2). */
export function transportOf(uri: SipUri): string {
  const asked = parameterValue(uri.parameters, 'transport')?.toLowerCase();
  if (uri.scheme === 'sips') return asked === undefined || asked === 'tcp' ? 'tls' : asked;
  return asked ?? 'udp';
}

function hostPort(text: string): { host: string; port: number | undefined } | undefined {
  const parts = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::(\d{1,5}))?$/.exec(text);
  if (!parts) return undefined;
  const port = parts[2] === undefined ? undefined : Number(parts[2]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  return { host: parts[1]!, port };
}
