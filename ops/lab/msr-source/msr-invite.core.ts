// The INVITEs with which a media server replicates a call to a recorder: which there are in each form, and what stands in
// their Request-URI, headers and body. Never sends anything. Via and Record-Route are the SIP stack's own: a stand-in
// behind a resource manager that adds its own is what the SIPp scenarios of the tests are for.

import type { PayloadFormat } from '#src/media';

/** `per-party`: one INVITE for each party (`recmediactl=2`); `single`: one INVITE with an m-line for each. */
export type MsrForm = 'per-party' | 'single';

/** The call to replicate. `parties[0]` is the one that the recording was started for: `recordDN`, unless somebody else asked. */
export interface MsrCallFacts {
  /** The T-Lib extension `id`. */
  readonly recordId: string;
  /** 32 characters of `[0-9A-V]`. */
  readonly callUuid: string;
  readonly parties: readonly [MsrPartyFacts, MsrPartyFacts];
  /** Who asked for the recording, when it is not a party of it. */
  readonly recordDn?: string;
  /** GUID of the media server's own session. */
  readonly sessionId: string;
  /** `none`: the Request-URI carries no key of the call, as when recordings bear names of files (guide ch. 6, `recording-filename`). */
  readonly keys?: 'call' | 'none';
  /** Path and configuration number of the tenant. */
  readonly tenant: { readonly path: string; readonly dbid: number };
}

/** One party, and the formats it has negotiated: the first is the one it sends. */
export interface MsrPartyFacts {
  readonly dn: string;
  readonly formats: readonly (PayloadFormat & { readonly payloadType: number })[];
}

/** One INVITE to send. `parties` are the indexes into the call's parties whose audio it announces, in m-line order. */
export interface MsrInvite {
  readonly requestUri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parties: readonly number[];
}

/** The INVITEs of a call in `form`, to the recorder at `address`:`port`. */
export function msrInvites(
  form: MsrForm,
  call: MsrCallFacts,
  recorder: { address: string; port: number },
): MsrInvite[] {
  const [first, second] = call.parties;
  const target = `sip:record=${call.recordId}@${recorder.address}:${recorder.port}`;
  const keys = (dns: string) =>
    call.keys === 'none' ? target : `${target};calluuid=${call.callUuid};${dns};recordDN=${call.recordDn ?? first.dn}`;
  const invite = (dns: string, parties: readonly number[]) => ({
    requestUri: keys(dns),
    headers: headersOf(call, target, parties[0]!),
    parties,
  });
  return form === 'single'
    ? [invite(`dn=${first.dn};otherDN=${second.dn}`, [0, 1])]
    : [invite(`dn=${first.dn}`, [0]), invite(`dn=${second.dn}`, [1])];
}

function headersOf(call: MsrCallFacts, target: string, ordinal: number): Record<string, string> {
  const { sessionId, tenant } = call;
  return {
    // The SIP stack puts its own address in place of `localhost`.
    From: '<sip:Genesys@localhost>',
    To: `<${target}>`,
    Contact: '<sip:Genesys@localhost>',
    Allow: 'INVITE, OPTIONS, BYE, CANCEL, ACK, UPDATE, INFO',
    Supported: 'timer, uui',
    'Session-Expires': '1800;refresher=uac',
    'X-Genesys-GVP-Session-ID': `${sessionId};gvp.rm.datanodes=2|1;gvp.rm.tenant-id=1.${tenant.dbid}_MSML_PROFILE`,
    'X-Genesys-GVP-Session-Data': `callsession=${sessionId};${ordinal + 1};1;;;;${tenant.path};MSML_PROFILE`,
    'X-Genesys-RM-Application-dbid': '105',
    'Content-Type': 'application/sdp',
  };
}

/** Where one party's audio comes from, and whether any comes at present. */
export interface OfferedStream {
  readonly address: string;
  readonly port: number;
  readonly formats: MsrPartyFacts['formats'];
  readonly direction: 'sendonly' | 'inactive';
  /** Its packets come sealed, with the key in this `a=crypto` line. */
  readonly crypto?: string;
}

/** The SDP of an INVITE or re-INVITE. `version` rises by one with each change (RFC 3264 §8). */
export function msrOffer(sessionId: number, version: number, streams: readonly OfferedStream[]): string {
  const lines = [
    'v=0',
    `o=Genesys ${sessionId} ${version} IN IP4 ${streams[0]!.address}`,
    's=phone-call',
    `c=IN IP4 ${streams[0]!.address}`,
    't=0 0',
    ...streams.flatMap((stream) => [
      `m=audio ${stream.port} ${stream.crypto === undefined ? 'RTP/AVP' : 'RTP/SAVP'} ${[...stream.formats.map(({ payloadType }) => payloadType), 101].join(' ')}`,
      ...stream.formats.map(({ payloadType, codec, clockRateHz }) => `a=rtpmap:${payloadType} ${codec}/${clockRateHz}`),
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      ...(stream.crypto === undefined ? [] : [stream.crypto]),
      `a=${stream.direction}`,
    ]),
  ];
  return `${lines.join('\r\n')}\r\n`;
}
