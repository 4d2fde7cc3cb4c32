// Keys in session descriptions (RFC 4568): what of an m-line's `a=crypto` lines can be accepted, and the line that answers it.
// A line that asks for something unknown is passed over, as the RFC wants; a key must never stand in an error or a log.
//
//   a=crypto:TAG SUITE inline:KEY-AND-SALT[|LIFETIME][|MKI:LENGTH] [SESSION-PARAMETER …]

import { isSrtpSuite, keyAndSaltBytes, type SrtpKey } from '#src/media/srtp';

/** An offered way to seal packets, and the key with which the offerer seals its own. */
export interface OfferedCrypto {
  readonly tag: string;
  readonly key: SrtpKey;
  /** Session parameters that both sides must name (RFC 4568 §6.3). */
  readonly negotiated: readonly string[];
}

const linesMax = 64;
const identifierBytesMax = 128;

/** The acceptable ones of each m-line, in order of preference. */
export function offeredCryptos(description: string): readonly (readonly OfferedCrypto[])[] {
  const media: OfferedCrypto[][] = [];
  for (const line of description.split(/\r\n|\r|\n/)) {
    if (line.startsWith('m=')) media.push([]);
    const read = media.length === 0 ? undefined : cryptoOf(line);
    if (read && media.at(-1)!.length < linesMax) media.at(-1)!.push(read);
  }
  return media;
}

/**
 * The line that accepts a way to seal packets: same tag, same suite (RFC 4568 §5.1.2). Of `ownKey` as many bytes are used as
 * the suite wants.
 */
export function answeredCrypto({ tag, key, negotiated }: OfferedCrypto, ownKey: Buffer): string {
  const own = ownKey.subarray(0, keyAndSaltBytes(key.suite)).toString('base64');
  return [`a=crypto:${tag}`, key.suite, `inline:${own}`, ...negotiated].join(' ');
}

function cryptoOf(line: string): OfferedCrypto | undefined {
  const [, tag, suite = '', parameters = '', session = ''] =
    /^a=crypto:(\d{1,9})\s+(\S+)\s+(\S+)(?:\s+(\S.*))?$/.exec(line.trimEnd()) ?? [];
  const negotiated = negotiatedOf(session.split(/\s+/).filter((text) => text !== ''));
  if (tag === undefined || !isSrtpSuite(suite) || !negotiated) return undefined;
  // Several keys in one line are told apart by identifiers; nobody was seen to offer them.
  const [, keyAndSalt = '', ...fields] = /^inline:([^|;]+)((?:\|[^|;]+)*)$/i.exec(parameters) ?? [];
  const bytes = Buffer.from(keyAndSalt, 'base64');
  if (bytes.length !== keyAndSaltBytes(suite)) return undefined;
  const identifier = identifierOf((fields[0] ?? '').split('|'));
  if (identifier === undefined) return undefined;
  const key = { suite, keyAndSalt: bytes.toString('base64'), ...(identifier === '' ? {} : { identifier }) };
  return { tag, key, negotiated };
}

/** What the answer must repeat; undefined when something is asked for that is not done here. */
function negotiatedOf(parameters: readonly string[]): readonly string[] | undefined {
  const negotiated: string[] = [];
  for (const parameter of parameters) {
    // RTCP may come in clear: it is authenticated all the same.
    if (parameter === 'UNENCRYPTED_SRTCP') negotiated.push(parameter);
    // Our window is wide enough for any; a derivation rate of 0 is what happens anyhow; `-` marks what may be passed over.
    else if (!/^(WSH=\d+|KDR=0|-.*)$/.test(parameter)) return undefined;
  }
  return negotiated;
}

/** The master key identifier among the fields of a key, hex; '' without one, undefined when it makes no sense. */
function identifierOf(fields: readonly string[]): string | undefined {
  const field = fields.find((text) => text.includes(':'));
  if (field === undefined) return '';
  const [, value, length] = /^(\d{1,309}):(\d{1,3})$/.exec(field) ?? [];
  const bytes = Number(length);
  if (value === undefined || !(bytes >= 1) || bytes > identifierBytesMax) return undefined;
  const identifier = BigInt(value).toString(16);
  return identifier.length > 2 * bytes ? undefined : identifier.padStart(2 * bytes, '0');
}
