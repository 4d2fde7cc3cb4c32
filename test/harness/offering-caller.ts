// A caller that offers what the test wants, for senders that place no calls themselves: ffmpeg above all. Sends one INVITE over
// UDP, acknowledges its answer, hangs up.

import { field, openPeer, tagIn } from '../conformance/drachtio/peer.ts';

export interface OfferingCaller {
  /** The SDP it was answered with. */
  readonly answer: string;
  /** The port that its n-th m-line was answered with. */
  portOf(line: number): number;
  hangUp(): Promise<void>;
}

/** Calls the recorder at `to` for the recording `id`; `media` are the lines of the offer from its first m-line on. */
export async function callOffering(
  to: { readonly address: string; readonly port: number },
  id: string,
  media: readonly string[],
): Promise<OfferingCaller> {
  const peer = await openPeer();
  const here = `127.0.0.1:${peer.port}`;
  const target = `sip:record=${id}@${to.address}:${to.port}`;
  const session = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', ...media, ''].join('\r\n');
  const say = (method: string, sequence: number, toTag: string, body = '') => {
    const lines = [
      `${method} ${target};calluuid=${id};dn=7001;otherDN=7002;recordDN=7001 SIP/2.0`,
      `Via: SIP/2.0/UDP ${here};branch=z9hG4bK${id}${method};rport`,
      `From: <sip:caller@${here}>;tag=offering`,
      `To: <${target}>${toTag === '' ? '' : `;tag=${toTag}`}`,
      `Call-ID: ${id}@offering`,
      `CSeq: ${sequence} ${method}`,
      `Contact: <sip:caller@${here}>`,
      'Max-Forwards: 70',
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
    ];
    peer.send(`${lines.join('\r\n')}\r\n\r\n${body}`, to.port);
  };
  const answered = async () => {
    for (;;) {
      const heard = await peer.next();
      if (heard.startLine.startsWith('SIP/2.0') && !heard.startLine.startsWith('SIP/2.0 1')) return heard;
    }
  };
  say('INVITE', 1, '', session);
  const answer = await answered();
  if (!answer.startLine.startsWith('SIP/2.0 200')) {
    await peer.close();
    throw new Error(`the offer was answered ${answer.startLine}, ${field(answer, 'Warning')}`);
  }
  const toTag = tagIn(field(answer, 'To'));
  say('ACK', 1, toTag);
  return {
    answer: answer.body,
    portOf: (line) => Number([...answer.body.matchAll(/^m=audio (\d+) /gm)][line]![1]),
    async hangUp() {
      say('BYE', 2, toTag);
      await answered();
      await peer.close();
    },
  };
}
