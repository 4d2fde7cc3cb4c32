// What a SIP Server does, by hand: legs at the media server and calls to phones, joined one by one.

import { type EndpointDialog, startEndpoint } from '#ops/lab/endpoint';
import type { MediaServer } from '#ops/lab/media-server';
import type { Phone, PhoneCall } from '#ops/lab/phones';
import { systemClock, systemRandom } from '#src/ports';

/** A party that is joined to a conference. */
export interface JoinedParty {
  readonly call: PhoneCall;
  readonly leg: EndpointDialog;
  readonly toPhone: EndpointDialog;
  hangUp(): Promise<void>;
}

export interface Exchange {
  /** The phone offers, the media server answers: as for who calls. */
  caller(conference: string, phone: Phone): Promise<JoinedParty>;
  /** The media server offers, the phone answers: as for who is called. */
  called(conference: string, phone: Phone): Promise<JoinedParty>;
  legUri(conference: string, dn: string): string;
  createLeg(uri: string, sdp: string): Promise<EndpointDialog>;
  close(): Promise<void>;
}

export async function startExchange(mediaServer: Pick<MediaServer, 'sip'>): Promise<Exchange> {
  const endpoint = await startEndpoint({
    address: '127.0.0.1',
    port: 0,
    clock: systemClock,
    random: systemRandom,
    log: () => {},
  });
  const { agent } = endpoint;
  const { address, port } = mediaServer.sip;
  const legUri = (conference: string, dn: string) =>
    `sip:msml=${conference}@${address}:${port};dn=${dn};calluuid=${conference}`;
  const answering = async (phone: Phone) => {
    const call = await phone.ringing();
    await call.answer();
    return call;
  };
  const joined = (call: PhoneCall, leg: EndpointDialog, toPhone: EndpointDialog): JoinedParty => {
    // As a SIP Server would: what the phone offers again goes to its leg.
    toPhone.on('modify', (request, reply) => {
      void leg
        .request({ method: 'INVITE', body: request.body, headers: { 'Content-Type': 'application/sdp' } })
        .then((answer) =>
          reply.send(answer.status, { body: answer.body, headers: { 'Content-Type': 'application/sdp' } }),
        );
    });
    const hangUp = async () => {
      await Promise.all([leg.request({ method: 'BYE' }), toPhone.request({ method: 'BYE' })]);
    };
    return { call, leg, toPhone, hangUp };
  };
  return {
    legUri,
    createLeg: (uri, sdp) => agent.createUAC(uri, { localSdp: sdp }),
    async caller(conference, phone) {
      const [pending, call] = await Promise.all([agent.createUAC(phone.uri, { noAck: true }), answering(phone)]);
      const leg = await agent.createUAC(legUri(conference, phone.dn), { localSdp: pending.sdp });
      const toPhone = await pending.ack(leg.remote.sdp);
      await call.answered;
      return joined(call, leg, toPhone);
    },
    async called(conference, phone) {
      const pending = await agent.createUAC(legUri(conference, phone.dn), { noAck: true });
      const [toPhone, call] = await Promise.all([
        agent.createUAC(phone.uri, { localSdp: pending.sdp }),
        answering(phone),
      ]);
      const leg = await pending.ack(toPhone.remote.sdp);
      return joined(call, leg, toPhone);
    },
    close: () => endpoint.close(),
  };
}

/** The body of an INFO that starts, pauses or resumes a recording. */
export function recorderMsml(dn: string, state: string, parameters: Readonly<Record<string, string>> = {}): string {
  const params = Object.entries(parameters).map(([name, value]) => `<param name="${name}" value="${value}"/>`);
  return `<msml version="1.1"><dialogstart target="conn:${dn}" name="rec" type="application/x-twinreel-recorder+xml"><recorder state="${state}">${params.join('')}</recorder></dialogstart></msml>`;
}

/** Has a leg hear a sound, until `stopPlayMsml`. */
export function playMsml(dn: string, uri: string): string {
  return `<msml version="1.1"><dialogstart target="conn:${dn}" name="ring" type="application/moml+xml"><play><audio uri="${uri}"/></play></dialogstart></msml>`;
}

export const stopPlayMsml = '<msml version="1.1"><dialogend id="ring"/></msml>';
export const stopMsml = '<msml version="1.1"><dialogend id="rec"/></msml>';

/** Sends MSML by INFO on a leg; gives the status. */
export async function inform(leg: EndpointDialog, body: string, type = 'application/msml+xml'): Promise<number> {
  return (await leg.request({ method: 'INFO', body, headers: { 'Content-Type': type } })).status;
}
