// The least recorder there can be: takes INVITEs on an edge of ours, hears the audio of every m-line, keeps no journal.
// For tests of those who call a recorder. Not a mock of ours: it stands where the peer's recorder would.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import Srf from 'drachtio-srf';
import { parseRtp, type RtpPacket } from '#src/media';
import { systemClock, systemRandom } from '#src/ports';
import { answeredDirection, formatAnswer, type Offer, parseMsrInvite, parseOffer } from '#src/sip';
import { startEdge } from '#src/sip/edge';
import { freeUdpPorts } from './ports.ts';

/** How it answers. */
export interface AnswererOptions {
  /** Refuses with this status when given for an INVITE; undefined accepts. */
  readonly refuse?: (requestUri: string) => number | undefined;
  /** Rings until this resolves. */
  readonly ringUntil?: Promise<unknown>;
  /** Lines of its 200 to OPTIONS, or the status that stands in its place; default none. */
  readonly options?: () => Readonly<Record<string, string>> | number;
  /** Codecs it takes; default PCMU, PCMA, G722. */
  readonly codecs?: readonly string[];
}

/** A dialog it has answered. */
export interface AnsweredCall {
  readonly requestUri: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly dn: string | undefined;
  /** Every offer it got, the first first. */
  readonly offers: Offer[];
  /** What it heard, by m-line. */
  readonly heard: { readonly packets: RtpPacket[]; readonly fromPorts: Set<number>; reports: number }[];
  phase: 'up' | 'hung-up';
  hangUp(): Promise<void>;
}

/** A running answerer. */
export interface Answerer {
  readonly address: string;
  readonly port: number;
  readonly calls: AnsweredCall[];
  /** INVITEs that were cancelled while ringing. */
  cancelled: number;
  /** Is gone at once, as after a crash. Idempotent. */
  close(): Promise<void>;
}

/** Starts one on free ports. */
export async function startAnswerer(options: AnswererOptions = {}): Promise<Answerer> {
  const secret = 'answerer';
  const edge = await startEdge({
    listeners: [{ transport: 'udp', address: '127.0.0.1', port: 0 }],
    application: { host: '127.0.0.1', port: 0, secret },
    clock: systemClock,
    random: systemRandom,
  });
  const srf = new Srf();
  srf.on('error', () => {});
  srf.connect({ ...edge.application, secret });
  await once(srf, 'connect');
  const sockets: Socket[] = [];
  let closing: Promise<void> | undefined;
  const answerer: Answerer = {
    ...edge.sip,
    calls: [],
    cancelled: 0,
    close: () => {
      closing ??= (async () => {
        srf.disconnect();
        for (const socket of sockets) socket.close();
        await edge.close();
      })();
      return closing;
    },
  };
  srf.use('options', (_request: Srf.SrfRequest, response: Srf.SrfResponse) => {
    const said = options.options?.() ?? {};
    if (typeof said === 'number') response.send(said);
    else response.send(200, { headers: said });
  });
  srf.invite((request, response) => {
    take(srf, request, response, options, answerer, sockets).catch((error: unknown) => {
      if (!isCancelled(request)) throw error;
    });
  });
  return answerer;
}

async function take(
  srf: Srf,
  request: Srf.SrfRequest,
  response: Srf.SrfResponse,
  options: AnswererOptions,
  answerer: Answerer,
  sockets: Socket[],
): Promise<void> {
  request.on('cancel', () => {
    cancelledRequests.add(request);
    answerer.cancelled += 1;
  });
  const status = options.refuse?.(request.uri);
  if (status !== undefined) return void response.send(status);
  if (options.ringUntil) {
    response.send(180);
    await options.ringUntil;
  }
  if (isCancelled(request)) return;
  const offer = parseOffer(request.body);
  const heard: AnsweredCall['heard'] = offer.media.map(() => ({ packets: [], fromPorts: new Set(), reports: 0 }));
  const ports: number[] = [];
  for (const ear of heard) ports.push(await listen(ear, sockets));
  const answer = (latest: Offer) => answerTo(latest, ports, options.codecs ?? ['PCMU', 'PCMA', 'G722']);
  const answering = srf.createUAS(request, response, { localSdp: answer(offer) });
  const call: AnsweredCall = {
    requestUri: request.uri,
    headers: request.headers,
    dn: parseMsrInvite(request.uri, []).dn,
    offers: [offer],
    heard,
    phase: 'up',
    async hangUp() {
      await (await answering).destroy();
      call.phase = 'hung-up';
    },
  };
  // Before the ACK: the caller knows of its call as soon as the answer is there.
  answerer.calls.push(call);
  const dialog = await answering.catch((error: unknown) => {
    answerer.calls.splice(answerer.calls.indexOf(call), 1);
    throw error;
  });
  dialog.on('destroy', () => {
    call.phase = 'hung-up';
  });
  dialog.on('modify', (again, reply) => {
    const latest = parseOffer(again.body);
    call.offers.push(latest);
    reply.send(200, { body: answer(latest) });
  });
}

function answerTo(offer: Offer, ports: readonly number[], codecs: readonly string[]): string {
  const media = offer.media.map((offered, line) => {
    const formats = offered.formats.filter(({ codec }) => codecs.includes(codec));
    if (formats.length === 0) return { offered };
    const direction = answeredDirection(offered.direction);
    return { offered, accepted: { address: '127.0.0.1', port: ports[line]!, formats, direction } };
  });
  return formatAnswer({ address: '127.0.0.1', sessionId: '1', version: 1, media });
}

/** Hears RTP on an even port and RTCP on the next one; gives the even one. */
async function listen(ear: AnsweredCall['heard'][number], sockets: Socket[]): Promise<number> {
  const port = await freeUdpPorts(2);
  const rtp = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024 }).bind(port, '127.0.0.1');
  const rtcp = createSocket('udp4').bind(port + 1, '127.0.0.1');
  sockets.push(rtp, rtcp);
  await Promise.all([once(rtp, 'listening'), once(rtcp, 'listening')]);
  rtcp.on('message', () => {
    ear.reports += 1;
  });
  rtp.on('message', (bytes, from) => {
    const packet = parseRtp(bytes);
    if (typeof packet === 'string') throw new Error(packet);
    ear.fromPorts.add(from.port);
    ear.packets.push(packet);
  });
  return port;
}

const cancelledRequests = new WeakSet<object>();
const isCancelled = (request: object) => cancelledRequests.has(request);
