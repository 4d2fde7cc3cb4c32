// The recorder's SIP side: turns requests that drachtio-srf delivers into messages for sessions, and their effects into
// responses and requests. Works against our own edge and against a drachtio-server. Keeps nothing but the requests that
// wait for an answer; must never decide whether a call is recorded.

import type { Bye, EndReason, Invite, SessionSignalling } from '#actors/session';
import { codeOf, messageOf, TwinreelError } from '#src/errors';
import { formatLoad, type Load, loadHeader, type Offer, parseMsrInvite } from '#src/sip';
import { snapshotRequest, type ToldMetadata } from '#src/sip/siprec';
import { Callers, nobodyWaits } from './callers.io.ts';
import { type DrachtioApplication, drachtioApplication, type OutgoingRequest, tellEdge } from './drachtio.io.ts';
import {
  allowed,
  bodyOf,
  clientOf,
  readOffer,
  say,
  sendOk,
  serverContact,
  serverHeaders,
  type Waiting,
} from './responses.io.ts';
import { ToldRoom } from './told-room.io.ts';

/** Where the edge is. */
export interface SignallingOptions {
  readonly host: string;
  readonly port: number;
  readonly secret: string;
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
  /** How full this recorder is, for whoever asks by OPTIONS; without it, or when it rejects, nothing is said of it. */
  readonly load?: () => Promise<Load>;
}

/** Who hears what comes from the network. */
export interface SignallingListener {
  invited(invite: Invite): void;
  cancelled(dialog: string): void;
  /** Without an offer it is for us to make one. */
  reInvited(dialog: string, request: string, offer?: Offer, metadata?: ToldMetadata): void;
  metadataTold(dialog: string, metadata: ToldMetadata): void;
  bye(bye: Bye): void;
}

const reconnectDelayMsMax = 500;
export class Signalling implements SessionSignalling {
  readonly #options: SignallingOptions;
  readonly #listener: SignallingListener;
  readonly #application: DrachtioApplication = drachtioApplication();
  readonly #callers: Callers;
  /** Re-INVITEs, UPDATEs and BYEs without one, by transaction. */
  readonly #waiting = new Map<string, Waiting>();
  /** What the edge was asked and has not said, and who is told when it is gone. */
  readonly #questions = new Set<(error: Error) => void>();
  readonly #room = new ToldRoom({
    undecided: () => this.#callers.undecided,
    tell: (message) => tellEdge(this.#application, message),
  });
  #edges = awaitedEdge();
  #phase: 'starting' | 'connected' | 'reconnecting' | 'draining' | 'closed' = 'starting';

  constructor(options: SignallingOptions, listener: SignallingListener) {
    this.#options = options;
    this.#listener = listener;
    this.#callers = new Callers({
      stands: (dialog) => this.stands(dialog),
      cancelled: (dialog) => listener.cancelled(dialog),
      fewer: () => this.#room.changed(),
    });
  }

  /** Resolves when the edge has accepted us; afterwards the library reconnects by itself. Rejects with `edge-refused`. */
  async connect(): Promise<void> {
    const { host, port, secret, log } = this.#options;
    const application = this.#application;
    application.use('invite', (request, response) => this.#heardInvite({ request, response }));
    application.use('update', (request, response) => this.#heardUpdate({ request, response }));
    application.use('bye', (request, response) => this.#heardBye({ request, response }));
    application.use('options', (request, response) => void this.#heardOptions({ request, response }));
    application.use('info', (request, response) => this.#heardInfo({ request, response }));
    application.on('error', (error) => {
      if (this.#phase === 'closed') return;
      if (this.#phase === 'connected') this.#phase = 'reconnecting';
      log.warn({ error: messageOf(error) }, 'connection to the edge lost');
    });
    application.on('close', () => {
      this.#room.edgeGone(this.#callers.size);
      for (const unanswered of this.#questions) unanswered(edgeLost());
    });
    await new Promise<void>((resolve, reject) => {
      application.on('connect', (error, _addresses, version) => {
        if (error) {
          reject(
            new TwinreelError(
              'edge-refused',
              `the edge at ${host}:${port} refused this application: ${messageOf(error)}`,
            ),
          );
          return;
        }
        log.info({ host, port }, 'connected to the edge');
        if (this.#phase !== 'draining' && this.#phase !== 'closed') this.#phase = 'connected';
        this.#room.edgeCame(version);
        this.#callers.connected();
        this.#edges.came();
        this.#edges = awaitedEdge();
        resolve();
      });
      application.connect({ host, port, secret, reconnect: { retryMaxDelay: reconnectDelayMsMax } });
    });
  }

  get isDraining(): boolean {
    return this.#phase === 'draining';
  }

  /** From now on new calls get 503, and OPTIONS too, so that whoever distributes calls goes elsewhere. */
  drain(): void {
    this.#phase = 'draining';
  }

  /** New calls are taken again. */
  accept(): void {
    if (this.#phase === 'draining') this.#phase = 'connected';
  }

  close(): void {
    this.#phase = 'closed';
    this.#room.close();
    try {
      this.#application.disconnect();
    } catch {
      // While the edge is away there is no connection that could be ended, which drachtio-srf takes for a fault of ours.
    }
  }

  answer(dialog: string, sdp: string): Promise<void> {
    return this.#callers.answer(dialog, sdp);
  }

  async answerReInvite(name: string, sdp: string): Promise<void> {
    const waiting = this.#take(name);
    if (!waiting) throw nobodyWaits(name);
    await sendOk(waiting, sdp);
  }

  /**
   * The edge is asked, once there is one: it knows every dialog from before its 200 goes out until it is over. There is no word for that but a
   * request inside of it, which a peer answers and nobody waits for.
   */
  async stands(dialog: string): Promise<boolean> {
    try {
      await this.#onceThere(() => this.#sent(dialog, 'OPTIONS'));
      return true;
    } catch (error) {
      if (codeOf(error) === 'dialog-unknown') return false;
      throw error;
    }
  }

  answerBye(request: string): void {
    const waiting = this.#take(request);
    if (waiting) say(waiting.response, 200);
  }

  refuse(dialog: string, status: number, reason: string, retryAfterSeconds?: number): void {
    this.#refuse(this.#callers.take(dialog), { name: dialog, status, reason }, retryAfterSeconds);
  }

  room(streams: number, retryAfterSeconds: number): void {
    this.#room.is(streams, retryAfterSeconds);
  }

  refuseReInvite(request: string, status: number, reason: string): void {
    this.#refuse(this.#take(request), { name: request, status, reason });
  }

  /** Who is to be hung up while the edge is away, as when both went down with their keeper, is when it is there again. */
  async hangUp(dialog: string, reason: EndReason): Promise<void> {
    const headers = { Reason: `SIP;cause=200;text="${reason}"` };
    await this.#onceThere(() => this.#request(dialog, 'BYE', headers));
  }

  requestSnapshot(dialog: string): Promise<void> {
    const { contentType, body } = snapshotRequest;
    const headers = {
      Contact: serverContact(''),
      Require: 'siprec',
      'Content-Type': contentType,
      'Content-Disposition': 'recording-session',
    };
    return this.#request(dialog, 'UPDATE', headers, body);
  }

  #heardInvite(waiting: Waiting): void {
    const { request, response } = waiting;
    if (request.stackDialogId !== '') {
      this.#heardReInvite(waiting);
      return;
    }
    const callId = request.get('call-id') ?? '';
    const fromTag = /;\s*tag=([^;\s]+)/i.exec(request.get('from') ?? '')?.[1] ?? '';
    const dialog = `${callId};from-tag=${fromTag}`;
    if (this.#callers.repeats(dialog, waiting)) return;
    if (this.#phase === 'draining') {
      say(response, 503, { headers: { 'Retry-After': '30' } });
      return;
    }
    const body = bodyOf(request);
    const offer = readOffer(waiting, body);
    if (!offer) return;
    this.#callers.await(dialog, waiting);
    const source = `${request.protocol}/${request.source_address}:${request.source_port}`;
    const msr = parseMsrInvite(request.uri, Object.entries(request.headers));
    const client = clientOf(request, body);
    const { metadata } = body;
    const siprec = client && { ...client, ...(metadata === undefined ? {} : { metadata }) };
    this.#listener.invited({ dialog, callId, fromTag, msr, ...(siprec ? { siprec } : {}), offer, source });
  }

  #heardReInvite(waiting: Waiting): void {
    const { stackDialogId, stackTxnId } = waiting.request;
    const body = bodyOf(waiting.request);
    const offer = body.sdp === undefined ? undefined : readOffer(waiting, body);
    if (body.sdp !== undefined && !offer) return;
    this.#waiting.set(stackTxnId, waiting);
    this.#listener.reInvited(stackDialogId, stackTxnId, offer, body.metadata);
  }

  /** An UPDATE without SDP refreshes the session (RFC 4028 §7.4) or tells metadata, and is answered without one. */
  #heardUpdate(waiting: Waiting): void {
    if (bodyOf(waiting.request).sdp === undefined) this.#heardInfo(waiting);
    else this.#heardReInvite(waiting);
  }

  /** INFO, too, is used for metadata that comes late. */
  #heardInfo({ request, response }: Waiting): void {
    const body = bodyOf(request);
    const headers = request.method === 'UPDATE' ? serverHeaders(request, body) : {};
    say(response, 200, { headers });
    if (body.metadata) this.#listener.metadataTold(request.stackDialogId, body.metadata);
  }

  /** The edge hangs up by itself when an ACK never comes or a session timer runs out: that one wants no answer. */
  #heardBye(waiting: Waiting): void {
    const { source, stackDialogId: dialog, stackTxnId } = waiting.request;
    const reason = waiting.request.get('reason');
    const detail = reason === undefined ? {} : { detail: reason };
    if (source === 'application') {
      this.#listener.bye({ dialog, reason: 'peer-lost', ...detail });
      return;
    }
    this.#waiting.set(stackTxnId, waiting);
    this.#listener.bye({ dialog, reason: 'bye', ...detail, request: stackTxnId });
  }

  async #heardOptions({ response }: Waiting): Promise<void> {
    const load = await this.#options.load?.().catch(() => undefined);
    const headers = {
      Allow: allowed,
      Accept: 'application/sdp, application/rs-metadata',
      Supported: 'timer, siprec',
      ...(load && { [loadHeader]: formatLoad(load) }),
    };
    if (this.#phase === 'draining') say(response, 503, { headers: { 'Retry-After': '30' } });
    else say(response, 200, { headers });
  }

  async #request(
    dialog: string,
    method: 'BYE' | 'UPDATE',
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<void> {
    const request = await this.#sent(dialog, method, headers, body);
    request.on('update', (told, response) => this.#heardUpdate({ request: told, response }));
    await new Promise<void>((resolve) => request.on('response', () => resolve()));
  }

  /** Does it again with the next edge as long as there is none. */
  async #onceThere<Value>(act: () => Promise<Value>): Promise<Value> {
    for (;;) {
      const { next } = this.#edges;
      try {
        return await act();
      } catch (error) {
        if (codeOf(error) !== 'edge-away') throw error;
      }
      await next;
    }
  }

  /** A request that the edge has sent. Rejects with `dialog-unknown`, `edge-refused` or `edge-away`. */
  #sent(
    dialog: string,
    method: 'BYE' | 'UPDATE' | 'OPTIONS',
    headers: Readonly<Record<string, string>> = {},
    body?: string,
  ): Promise<OutgoingRequest> {
    const options = { uri: 'sip:placeholder' as const, method, stackDialogId: dialog, headers };
    return new Promise((resolve, reject) => {
      const failed = (error: unknown) => {
        this.#questions.delete(failed);
        reject(new TwinreelError(codeOfRefusal(error), `${method} for ${dialog} was not sent: ${messageOf(error)}`));
      };
      this.#questions.add(failed);
      const answered = (error: unknown, request: OutgoingRequest) => {
        if (error) {
          failed(error);
          return;
        }
        this.#questions.delete(failed);
        resolve(request);
      };
      try {
        this.#application.request(body === undefined ? options : { ...options, body }, answered);
      } catch (error) {
        // So the library says that there is no connection.
        failed(error);
      }
    });
  }

  #take(request: string): Waiting | undefined {
    const waiting = this.#waiting.get(request);
    this.#waiting.delete(request);
    return waiting;
  }

  #refuse(
    waiting: Waiting | undefined,
    refusal: { readonly name: string; readonly status: number; readonly reason: string },
    retryAfterSeconds?: number,
  ): void {
    if (!waiting) return;
    const { name, status, reason } = refusal;
    const retry = retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
    // 399 is the code for text meant for people (RFC 3261 §20.43); the reason phrase stays the standard one.
    const headers = { ...retry, Warning: `399 twinreel "${reason.replace(/["\\\r\n]/g, "'")}"` };
    this.#options.log.info({ dialog: name, status, reason }, 'refused');
    say(waiting.response, status, { headers });
  }
}

/** What the library makes of what an edge says, be it ours or a drachtio-server; anything else is that there is none. */
function codeOfRefusal(error: unknown): 'dialog-unknown' | 'edge-refused' | 'edge-away' {
  const { code } = error as { readonly code?: string };
  if (code === 'ENODIALOG') return 'dialog-unknown';
  return code === 'EDRACHTIO' ? 'edge-refused' : 'edge-away';
}

/** Resolves when an edge is there that was not. */
function awaitedEdge(): { readonly next: Promise<void>; came(): void } {
  let came = () => {};
  const next = new Promise<void>((resolve) => {
    came = resolve;
  });
  return { next, came };
}

function edgeLost(): Error {
  return new Error('the connection to the edge was lost');
}
