// What the Request-URI of a leg asks for: `sip:msml=<conference>@…;dn=<DN>;calluuid=<CallUUID>`.

import { parameterValue, parseSipUri } from '#src/sip';

/** Whose leg it is, and of which conference. */
export interface LegFacts {
  readonly conference: string;
  readonly dn: string;
  /** Default is the conference: a call's conference bears its CallUUID. */
  readonly callUuid: string;
}

const charactersMax = 256;

/** Undefined for what asks for no conference, names no DN, or is too long. */
export function parseLegUri(requestUri: string): LegFacts | undefined {
  const uri = parseSipUri(requestUri);
  const conference = decoded(/^msml=(.+)$/i.exec(uri?.user ?? '')?.[1]);
  const dn = decoded(uri && parameterValue(uri.parameters, 'dn'));
  if (!uri || conference === undefined || dn === undefined) return undefined;
  return { conference, dn, callUuid: decoded(parameterValue(uri.parameters, 'calluuid')) ?? conference };
}

/** Undoes `%41` escapes (RFC 3261 §19.1.2); undefined for what is none, empty or too long. */
function decoded(text: string | undefined): string | undefined {
  if (text === undefined || text === '' || text.length > charactersMax) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
