// One scenario: server, tap, application and peer, all gone when the test is over. And the messages the scripted peer says.

import { randomUUID } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { type Application, connect, type Dialog, newApplication } from './application.ts';
import { field, type Heard, openPeer, type Peer, tagIn } from './peer.ts';
import { isHere, openServer, type Server } from './server.ts';
import { openTap, type Tap } from './tap.ts';

export interface Scenario {
  readonly server: Server;
  readonly tap: Tap;
  readonly application: Application;
  readonly peer: Peer;
  /** Connects the application and forgets what was said for it. */
  connect(): Promise<void>;
  /** Sends from the peer to the server. */
  say(text: string): void;
  /** What the application was told, once there are `count` lines since {@link connect}. */
  told(count: number): Promise<readonly string[]>;
  said(): readonly string[];
}

export async function newScenario(
  tags: readonly string[] = ownTags(),
  open: (server: Server) => Promise<Peer> = openPeer,
  openedServer: () => Promise<Server> = openServer,
): Promise<Scenario> {
  const server = await openedServer();
  onTestFinished(() => server.close());
  const tap = await openTap(server);
  onTestFinished(() => tap.close());
  const peer = await open(server);
  onTestFinished(() => peer.close());
  tap.name(server.sipPort, 'server');
  tap.name(peer.port, 'peer');
  const application = newApplication(tags);
  let begun = { said: 0, told: 0 };
  return {
    server,
    tap,
    application,
    peer,
    async connect() {
      await connect(application, { port: tap.port, secret: server.secret });
      await until(() => tap.told.length === tap.said.length);
      begun = { said: tap.said.length, told: tap.told.length };
    },
    say: (text) => peer.send(text, server.sipPort),
    async told(count) {
      await until(() => tap.told.length >= begun.told + count);
      // A moment for what should not come.
      await turns(4);
      return tap.told.slice(begun.told);
    },
    said: () => tap.said.slice(begun.said),
  };
}

/** On a server that goes on after a test, applications of different tests must not be taken for one. */
function ownTags(): string[] {
  return isHere ? [] : [randomUUID().replaceAll('-', '')];
}

export const sdp =
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n';

/** A caller's side of one call. */
export interface Call {
  /** A request of this call; `toTag` once it is known. */
  request(method: string, sequence: number, more?: RequestMore): string;
  readonly callId: string;
}

export interface RequestMore {
  readonly toTag?: string;
  /** Default: one per method and sequence, so that an ACK of an error has the INVITE's. */
  readonly branch?: string;
  readonly lines?: readonly string[];
  readonly body?: string;
  readonly contact?: boolean;
}

/** A server may outlive the tests and remember calls of earlier runs. */
const run = randomUUID().slice(0, 8);
let calls = 0;

export function newCall({
  peer,
  server,
}: {
  readonly peer: Pick<Peer, 'at'>;
  readonly server: Pick<Server, 'sipPort'> & { readonly at?: string };
}): Call {
  calls += 1;
  const number = calls;
  const callId = `call-${run}-${number}@127.0.0.1`;
  const here = peer.at;
  const there = server.at ?? `127.0.0.1:${server.sipPort}`;
  return {
    callId,
    request(
      method,
      sequence,
      { toTag, branch = `${run}-${number}-${sequence}-${method}`, lines = [], body = '', contact = false } = {},
    ) {
      return [
        `${method} sip:service@${there} SIP/2.0`,
        `Via: SIP/2.0/UDP ${here};branch=z9hG4bK${branch};rport`,
        `From: "Alice" <sip:alice@${here}>;tag=alice${number}`,
        `To: <sip:service@${there}>${toTag === undefined ? '' : `;tag=${toTag}`}`,
        `Call-ID: ${callId}`,
        `CSeq: ${sequence} ${method}`,
        'Max-Forwards: 70',
        ...(contact || method === 'INVITE' ? [`Contact: <sip:alice@${here}>`] : []),
        ...lines,
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ].join('\r\n');
    },
  };
}

/** An INVITE with an offer. */
export function inviteOf(call: Call, sequence = 1, more: RequestMore = {}): string {
  return call.request('INVITE', sequence, { lines: ['Content-Type: application/sdp'], body: sdp, ...more });
}

/** A call the application has answered; it was told three things of it. */
export async function answeredCall(
  scenario: Scenario,
  more: RequestMore = {},
): Promise<{ readonly dialog: Dialog; readonly call: Call; readonly toTag: string; readonly answer: Heard }> {
  const { application, peer, say } = scenario;
  const answered = new Promise<Dialog>((resolve) => {
    application.invite((request, response) => {
      application.createUAS(request, response, { localSdp: sdp }, (_, dialog) => resolve(dialog));
    });
  });
  await scenario.connect();
  const call = newCall(scenario);
  say(inviteOf(call, 1, more));
  const answer = await peer.next();
  const toTag = tagIn(field(answer, 'To'));
  say(call.request('ACK', 1, { toTag }));
  const dialog = await answered;
  await scenario.told(3);
  return { dialog, call, toTag, answer };
}

/** The peer's answer to a request it heard. */
export function answerTo(
  heard: Heard,
  status: string,
  { toTag, lines = [], body = '' }: { toTag?: string; lines?: readonly string[]; body?: string } = {},
): string {
  const copied = heard.lines.filter((line) => /^(Via|From|Call-ID|CSeq|Record-Route):/.test(line));
  const to = field(heard, 'To');
  return [
    `SIP/2.0 ${status}`,
    ...copied,
    `To: ${to}${toTag === undefined || to.includes(';tag=') ? '' : `;tag=${toTag}`}`,
    ...lines,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

/** Waits until something holds; the test's own time limit is the bound. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await turns(1);
}

/** Lets sockets of this process have their turn. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setTimeout(resolve, 2));
}
