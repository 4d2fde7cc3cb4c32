// Via: the way a response goes back (RFC 3261 §18.2, §20.42; RFC 3581 rport).

import { headerName, splitList } from './message-header.ts';
import {
  formatParameters,
  type Parameter,
  parameterValue,
  parseParameters,
  withParameter,
} from './message-parameter.ts';

/** One Via. */
export interface Via {
  /** Transport as written, in capitals: `UDP`. */
  readonly transport: string;
  readonly host: string;
  readonly port?: number;
  readonly parameters: readonly Parameter[];
}

/** Every branch made by an element that follows RFC 3261 starts with this (§8.1.1.7). */
export const branchCookie = 'z9hG4bK';

/** Reads one Via (not a list); undefined when it is none. */
export function parseVia(value: string): Via | undefined {
  const semicolon = value.indexOf(';');
  const sent = (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
  // No blank may be one of two parts of the pattern: 60 KB of them would take seconds.
  const parts = /^SIP\s*\/\s*2\.0\s*\/\s*([A-Za-z0-9-]+)\s+(\[[0-9A-Fa-f:.]+\]|[^\s:]+)(?:\s*:\s*(\d{1,5}))?$/i.exec(
    sent,
  );
  if (!parts) return undefined;
  const port = parts[3] === undefined ? undefined : Number(parts[3]);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  const [transport, host] = [parts[1]!.toUpperCase(), parts[2]!];
  const parameters = semicolon < 0 ? [] : parseParameters(value.slice(semicolon));
  return port === undefined ? { transport, host, parameters } : { transport, host, port, parameters };
}

/** Writes one Via. */
export function formatVia(via: Via): string {
  const port = via.port === undefined ? '' : `:${via.port}`;
  return `SIP/2.0/${via.transport} ${via.host}${port}${formatParameters(via.parameters)}`;
}

/** The branch of a Via; '' when it has none (RFC 2543 peers). */
export function branchOf(via: Via): string {
  return parameterValue(via.parameters, 'branch') ?? '';
}

/**
 * A request as it goes on to the transaction layer: the top Via gets `received` when its host is not where the request came
 * from, and always `rport` (the response goes back to the very address it came from, asked for or not, as drachtio-server
 * does). Every other byte stays. Returned unchanged when there is no Via that can be read.
 */
export function stampTopVia(bytes: Buffer, from: { readonly address: string; readonly port: number }): Buffer {
  const line = firstViaLine(bytes);
  if (!line) return bytes;
  const [top, ...others] = splitList(line.value.replace(/\r?\n[ \t]+/g, ' '));
  const via = parseVia(top ?? '');
  if (!via) return bytes;
  const text = `Via: ${[stampVia(via, from), ...others].join(', ')}`;
  return Buffer.concat([bytes.subarray(0, line.start), Buffer.from(text, 'latin1'), bytes.subarray(line.end)]);
}

/** A top Via as {@link stampTopVia} writes it. */
export function stampVia(via: Via, from: { readonly address: string; readonly port: number }): string {
  const isElsewhere = via.host !== from.address && via.host !== `[${from.address}]`;
  const received = isElsewhere ? withParameter(via.parameters, 'received', from.address) : via.parameters;
  return formatVia({ ...via, parameters: withParameter(received, 'rport', String(from.port)) });
}

/** The first Via line: where its name starts, where its value ends (before the line end, continuation lines included). */
function firstViaLine(bytes: Buffer): { start: number; end: number; value: string } | undefined {
  let start = nextLine(bytes, 0);
  while (start > 0 && start < bytes.length && bytes[start] !== 0x0d && bytes[start] !== 0x0a) {
    const next = endOfField(bytes, start);
    const text = bytes.toString('latin1', start, next);
    const colon = text.indexOf(':');
    if (colon > 0 && headerName(text.slice(0, colon).trim()) === 'Via') {
      const value = text.slice(colon + 1).replace(/\r?\n$/, '');
      return { start, end: start + colon + 1 + value.length, value };
    }
    start = next;
  }
  return undefined;
}

function endOfField(bytes: Buffer, start: number): number {
  let next = nextLine(bytes, start);
  while (next > 0 && (bytes[next] === 0x20 || bytes[next] === 0x09)) next = nextLine(bytes, next);
  return next > 0 ? next : bytes.length;
}

/** Where the line after the one at `from` starts; -1 when there is none. */
function nextLine(bytes: Buffer, from: number): number {
  const feed = bytes.indexOf(0x0a, from);
  return feed < 0 ? -1 : feed + 1;
}
