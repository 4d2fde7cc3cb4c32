// A stand-in for a media server: legs of conferences come by INVITE, hear each other, and are replicated to recorders when an
// INFO asks for it. What a recorder does never disturbs a conference. Binds to loopback unless told otherwise.

import { type IncomingRequest, type ReplyTo, startEndpoint } from '#ops/lab/endpoint';
import type { MsrCallFacts } from '#ops/lab/msr-source';
import { messageOf } from '#src/errors';
import { type Clock, type Random, systemClock, systemRandom } from '#src/ports';
import type { BridgeKind } from './bridge.core.ts';
import { Conference, type Recording } from './conference.io.ts';
import { Leg } from './leg.io.ts';
import { parseLegUri } from './leg-uri.core.ts';
import type { Route } from './recorder-session.io.ts';
import type { RecordingSettings } from './recording-plan.core.ts';

/** How to start a media server. */
export interface MediaServerOptions extends RecordingSettings {
  /** Of its SIP and RTP sockets; default 127.0.0.1. */
  readonly address?: string;
  /** Of its SIP socket; default any free one. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: (line: string) => void;
  /** Legs at a time, two for a call (guide ch. 6: Max ports); further ones get 503. Default 200. */
  readonly maxPorts?: number;
  /** `mtinternal.transmit_rate`: how fast packets leave for recorders, as a multiple of real time; default as they come. */
  readonly transmitRate?: number;
  /** Whose calls these are, for the headers of recorder INVITEs; default `Environment`, 1. */
  readonly tenant?: MsrCallFacts['tenant'];
  /** The way of the packets of a DN's recording, asked for once for each of its two sides; default as signalled. */
  readonly route?: ((dn: string) => Route) | undefined;
}

/** What stands of a conference. */
export interface ConferenceReport {
  readonly id: string;
  readonly bridge: BridgeKind;
  readonly legs: readonly {
    readonly dn: string;
    readonly callUuid: string;
    readonly port: number;
    /** As the party said last, seen from it; undefined before it said anything. */
    readonly direction: string | undefined;
    readonly codec: string | undefined;
    readonly packetsHeard: number;
    readonly packetsSent: number;
  }[];
  readonly recordings: readonly RecordingReport[];
}

export interface RecordingReport {
  readonly id: string;
  readonly dn: string;
  readonly sessions: readonly {
    readonly recorder: string;
    readonly phase: 'inviting' | 'running' | 'gone';
    /** Of the recorded party, and of the other one. */
    readonly packets: readonly [number, number];
  }[];
}

/** A running media server. */
export interface MediaServer {
  readonly sip: { readonly address: string; readonly port: number };
  conferences(): readonly ConferenceReport[];
  /** Recordings that have come to their end, the last ones, each with what was sent of it. */
  ended(): readonly RecordingReport[];
  /** Ends recordings with BYE, legs without. */
  close(): Promise<void>;
}

const maxPortsDefault = 200;
/** Recordings that are told of after their end. */
const endedMax = 100;

/** Starts one. Rejects with Node's `EADDRINUSE` or `EADDRNOTAVAIL` when its SIP port cannot be had. */
export async function startMediaServer(options: MediaServerOptions = {}): Promise<MediaServer> {
  const { address = '127.0.0.1', port = 0, clock = systemClock, random = systemRandom, log = () => {} } = options;
  const endpoint = await startEndpoint({ address, port, clock, random, log });
  const conferences = new Map<string, Conference>();
  const { agent } = endpoint;
  const { transmitRate, tenant = { path: 'Environment', dbid: 1 }, maxPorts = maxPortsDefault } = options;
  const ended: Recording[] = [];
  const over = (recording: Recording) => {
    ended.push(recording);
    if (ended.length > endedMax) ended.shift();
  };
  const around = { agent, address, clock, random, log, tenant, transmitRate, route: options.route, over };
  const open = new Set<Leg>();

  const invited = async (request: IncomingRequest, reply: ReplyTo) => {
    const facts = parseLegUri(request.uri);
    if (!facts) {
      reply.send(404, { headers: { Warning: '399 media-server "sip:msml=<conference>@…;dn=<DN> is served"' } });
      return;
    }
    if (open.size >= maxPorts) {
      log(`media-server: leg of ${facts.dn} refused: all ${maxPorts} ports are taken`);
      reply.send(503, {
        headers: { 'Retry-After': '10', Warning: `399 media-server "all ${maxPorts} ports are taken"` },
      });
      return;
    }
    const conference = conferences.get(facts.conference) ?? new Conference(facts.conference, options, around);
    conferences.set(facts.conference, conference);
    const left = (leg: Leg) => {
      open.delete(leg);
      conference.leave(leg);
      if (conference.legs.size === 0 && conferences.get(conference.id) === conference)
        conferences.delete(conference.id);
    };
    const leg = new Leg(facts, {
      agent,
      address,
      log,
      sessionId: random.bytes(4).readUInt32BE(0),
      welcome: (one) => conference.welcome(one),
      heard: (one, packet) => conference.heard(one, packet),
      agreed: () => conference.settle(),
      asked: (one, info, answer) => conference.asked(one, info, answer),
      left,
    });
    open.add(leg);
    conference.legs.add(leg);
    if (!(await leg.open(request, reply))) left(leg);
  };

  agent.use('invite', (request, reply) => {
    invited(request, reply).catch((error: unknown) => {
      log(`media-server: INVITE failed: ${messageOf(error)}`);
      reply.send(500);
    });
  });
  agent.use('options', (_request, reply) => reply.send(200));

  return {
    sip: endpoint.sip,
    conferences: () => [...conferences.values()].map(reportOf),
    ended: () => ended.map(recordingReportOf),
    async close() {
      await Promise.all([...conferences.values()].map((conference) => conference.close()));
      for (const leg of open) leg.close();
      await endpoint.close();
    },
  };
}

function reportOf({ id, bridge, legs, recordings }: Conference): ConferenceReport {
  return {
    id,
    bridge,
    legs: [...legs].map(({ facts, port, agreed, packetsHeard, packetsSent }) => ({
      dn: facts.dn,
      callUuid: facts.callUuid,
      port,
      direction: agreed?.direction,
      codec: agreed?.format.codec,
      packetsHeard,
      packetsSent,
    })),
    recordings: [...recordings.values()].map(recordingReportOf),
  };
}

function recordingReportOf({ plan, leg, sessions }: Recording): RecordingReport {
  return {
    id: plan.id,
    dn: leg.facts.dn,
    sessions: sessions.map(({ place, phase, packets }) => ({
      recorder: `${place.address}:${place.port}`,
      phase,
      packets,
    })),
  };
}
