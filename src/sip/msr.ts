// What a media server says in the Request-URI and headers of a media stream replication INVITE (guide ch. 6; facts seen on
// the wire: `sip:record=<id>@host;calluuid=…;dn=…;otherDN=…;recordDN=…`, and older ones with no `@`). Never decides anything.

/** The join keys and metadata of one replicated dialog. Missing keys are absent, not empty. */
export interface MsrInvite {
  /** The recording's id, given by whoever asked for it: the T-Lib extension `id` or the media server's own. */
  readonly recordingId?: string;
  readonly callUuid?: string;
  /** The party whose audio this dialog carries; of the first m-line when there are two. */
  readonly dn?: string;
  /** The party of the second m-line, in the single-dialog form. */
  readonly otherDn?: string;
  /** The party that asked for the recording. */
  readonly recordDn?: string;
  /** Further Request-URI parameters and `X-Genesys-*` headers, by lower-case name: metadata, at most {@link metadataMax}. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Entries of metadata kept for one dialog. */
export const metadataMax = 64;
const valueCharactersMax = 1_024;
const knownKeys = new Set(['calluuid', 'dn', 'otherdn', 'recorddn', 'transport']);

/** Reads the keys from a Request-URI and from headers (names compared ignoring case). Never throws: what is odd is left out. */
export function parseMsrInvite(
  requestUri: string,
  headers: Iterable<readonly [name: string, value: string]>,
): MsrInvite {
  const parameters = parametersOf(requestUri);
  const vendor = vendorHeaders(headers);
  const callUuid = parameters.get('calluuid') ?? vendor.get('x-genesys-calluuid');
  const others = [...parameters].filter(([name]) => !knownKeys.has(name));
  const keys = {
    recordingId: recordingIdOf(requestUri),
    callUuid,
    dn: parameters.get('dn'),
    otherDn: parameters.get('otherdn'),
    recordDn: parameters.get('recorddn'),
  };
  return {
    ...Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined && value !== '')),
    metadata: Object.fromEntries([...others, ...vendor].slice(0, metadataMax)),
  };
}

/**
 * The id after `record=`. With an `@` it ends there; without one it is followed by host or parameters that cannot be told
 * from it but for the first `;`, so everything up to that belongs to the id (older media servers put colons into it).
 */
function recordingIdOf(requestUri: string): string | undefined {
  const match = /^sips?:record=([^;@]+)(?:@|;|$)/i.exec(requestUri);
  return match?.[1] === undefined ? undefined : decoded(match[1]);
}

function parametersOf(requestUri: string): Map<string, string> {
  const [, ...rest] = requestUri.split('?')[0]!.split(';');
  return new Map(
    rest.map((pair) => {
      const at = pair.indexOf('=');
      const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
      return [name.trim().toLowerCase(), decoded(value.trim())] as const;
    }),
  );
}

function vendorHeaders(headers: Iterable<readonly [string, string]>): Map<string, string> {
  const kept = [...headers].filter(([name]) => /^x-genesys-/i.test(name));
  return new Map(kept.map(([name, value]) => [name.toLowerCase(), value.slice(0, valueCharactersMax)]));
}

/** Undoes `%41` escapes (RFC 3261 §19.1.2); what is no valid escape stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text).slice(0, valueCharactersMax);
  } catch {
    return text.slice(0, valueCharactersMax);
  }
}
