// What a recording client tells of a call: who is in it, and on which stream (RFC 7865); and the INVITE's body with it. Pure.

/** Who is in the call; the label of a party's stream is its place in the list, from 1. */
export interface ToldParty {
  readonly number: string;
  readonly name: string;
}

/** A complete document. `sipSessionId` is the name of the call itself (RFC 7989). */
export function sessionMetadata(parties: readonly ToldParty[], sipSessionId: string): string {
  const each = (element: (party: ToldParty, at: number) => string) =>
    parties.map((party, index) => element(party, index + 1));
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>complete</datamode>',
    `<session session_id="s1"><sipSessionID>${escaped(sipSessionId)}</sipSessionID></session>`,
    ...each(
      ({ number, name }, at) =>
        `<participant participant_id="p${at}"><nameID aor="sip:${escaped(number)}@lab"><name>${escaped(name)}</name></nameID></participant>`,
    ),
    ...each((_, at) => `<stream stream_id="m${at}" session_id="s1"><label>${at}</label></stream>`),
    ...each((_, at) => `<participantsessionassoc participant_id="p${at}" session_id="s1"></participantsessionassoc>`),
    ...each((_, at) => `<participantstreamassoc participant_id="p${at}"><send>m${at}</send></participantstreamassoc>`),
    '</recording>',
  ].join('\r\n');
}

const boundary = 'lab-siprec';

export const contentType = `multipart/mixed;boundary=${boundary}`;

/** The body of an INVITE that offers `sdp` (RFC 7866 §9.1). */
export function recordingBody(sdp: string, metadata: string): string {
  return [
    `--${boundary}`,
    'Content-Type: application/sdp',
    '',
    sdp.trimEnd(),
    `--${boundary}`,
    'Content-Type: application/rs-metadata+xml',
    'Content-Disposition: recording-session',
    '',
    metadata,
    `--${boundary}--`,
    '',
  ].join('\r\n');
}

/** An audio stream of each port in PCMU, labelled from 1 on. */
export function labelledOffer(
  sessionId: number,
  ports: readonly { readonly address: string; readonly port: number }[],
): string {
  return [
    'v=0',
    `o=client ${sessionId} 1 IN IP4 ${ports[0]!.address}`,
    's=-',
    `c=IN IP4 ${ports[0]!.address}`,
    't=0 0',
    ...ports.flatMap(({ port }, index) => [
      `m=audio ${port} RTP/AVP 0`,
      'a=rtpmap:0 PCMU/8000',
      'a=sendonly',
      `a=label:${index + 1}`,
    ]),
    '',
  ].join('\r\n');
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);
}
