// The recorder's SIP side: turns requests that drachtio-srf delivers into messages for sessions, and their effects into
// responses and requests. Works against our own edge and against a drachtio-server. Keeps nothing but the requests that
// wait for an answer; must never decide whether a call is recorded.

import type { EndReason, Invite, SessionSignalling } from '#actors/session';
import { messageOf, TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import { formatLoad, type Load, loadHeader, type Offer, parseMsrInvite, parseOffer } from '#src/sip';
import {
  type RecordingBody,
  type RecordingClient,
  readRecordingBody,
  recordingClient,
  snapshotRequest,
  type ToldMetadata,
} from '#src/sip/siprec';
import { gatherTurn } from '#src/wire';
import {
  type DrachtioApplication,
  drachtioApplication,
  type Request,
  type Response,
  type SendOptions,
} from './drachtio.io.ts';

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
  bye(dialog: string, reason: EndReason, detail?: string): void;
}

interface Waiting {
  readonly request: Request;
  readonly response: Response;
}

/** An INVITE that opens a call, until its answer has gone out. */
interface Caller extends Waiting {
  /** What the session answered: kept, since it may have been lost with the edge. */
  answer?: { readonly sdp: string; resolve(): void; reject(error: unknown): void };
}

const allowed = 'INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE';
const reconnectDelayMsMax = 500;
/** How long callers repeat an INVITE (64*T1, RFC 3261 §17.1.1.2). */
const repeatMsMax = 32_000;

export class Signalling implements SessionSignalling {
  readonly #options: SignallingOptions;
  readonly #listener: SignallingListener;
  readonly #application: DrachtioApplication = drachtioApplication();
  /** INVITEs without a final response, by the dialog they open. */
  readonly #callers = new Map<string, Caller>();
  /** Re-INVITEs and UPDATEs without one, by transaction. */
  readonly #waiting = new Map<string, Waiting>();
  #phase: 'starting' | 'connected' | 'reconnecting' | 'draining' | 'closed' = 'starting';

  constructor(options: SignallingOptions, listener: SignallingListener) {
    this.#options = options;
    this.#listener = listener;
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
    application.on('close', () => this.#loseAnswers());
    await new Promise<void>((resolve, reject) => {
      application.on('connect', (error) => {
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
    try {
      this.#application.disconnect();
    } catch {
      // While the edge is away there is no connection that could be ended, which drachtio-srf takes for a fault of ours.
    }
  }

  /** An edge that is killed may take the answer with it: then the copy of the INVITE that the next edge brings gets it. */
  answer(dialog: string, sdp: string): Promise<void> {
    const caller = this.#callers.get(dialog);
    if (!caller) return Promise.reject(nobodyWaits(dialog));
    return new Promise((resolve, reject) => {
      caller.answer = { sdp, resolve, reject };
      this.#sendAnswer(dialog, caller);
    });
  }

  async answerReInvite(name: string, sdp: string): Promise<void> {
    const waiting = this.#waiting.get(name);
    if (!waiting) throw nobodyWaits(name);
    this.#waiting.delete(name);
    await sendOk(waiting, sdp);
  }

  refuse(dialog: string, status: number, reason: string, retryAfterSeconds?: number): void {
    this.#refuseWaiting(this.#callers, dialog, status, reason, retryAfterSeconds);
  }

  refuseReInvite(request: string, status: number, reason: string): void {
    this.#refuseWaiting(this.#waiting, request, status, reason);
  }

  hangUp(dialog: string, reason: EndReason): Promise<void> {
    return this.#request(dialog, 'BYE', { Reason: `SIP;cause=200;text="${reason}"` });
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
    const before = this.#callers.get(dialog);
    if (before && before.request.get('cseq') === request.get('cseq')) {
      this.#heardAgain(dialog, before, waiting);
      return;
    }
    if (this.#phase === 'draining') {
      say(response, 503, { headers: { 'Retry-After': '30' } });
      return;
    }
    const body = bodyOf(request);
    const offer = readOffer(waiting, body);
    if (!offer) return;
    this.#await(dialog, waiting);
    const source = `${request.protocol}/${request.source_address}:${request.source_port}`;
    const msr = parseMsrInvite(request.uri, Object.entries(request.headers));
    const client = clientOf(request, body);
    const { metadata } = body;
    const siprec = client && { ...client, ...(metadata === undefined ? {} : { metadata }) };
    this.#listener.invited({ dialog, callId, fromTag, msr, ...(siprec ? { siprec } : {}), offer, source });
  }

  /** An edge was killed and the next one knows nothing of the INVITE: its copy is answered as the first one would have been. */
  #heardAgain(dialog: string, { answer }: Caller, waiting: Waiting): void {
    const caller: Caller = { ...waiting, ...(answer && { answer }) };
    this.#await(dialog, caller);
    if (answer) this.#sendAnswer(dialog, caller);
  }

  #await(dialog: string, caller: Caller): void {
    this.#callers.set(dialog, caller);
    caller.request.on('cancel', () => {
      if (this.#callers.delete(dialog)) this.#listener.cancelled(dialog);
    });
  }

  #sendAnswer(dialog: string, caller: Caller): void {
    const { answer } = caller;
    if (!answer) return;
    const isCurrent = () => this.#callers.get(dialog) === caller;
    sendOk(caller, answer.sdp).then(
      () => {
        if (isCurrent()) this.#callers.delete(dialog);
        answer.resolve();
      },
      (error: unknown) => {
        if (!isCurrent()) return;
        if (isEdgeGone(error)) this.#forgetLater(dialog, caller, () => answer.reject(error));
        else if (this.#callers.delete(dialog)) answer.reject(error);
      },
    );
  }

  /** The edge is gone. Whether it sent what it was given last nobody can tell; who has heard nothing repeats his INVITE. */
  #loseAnswers(): void {
    for (const [dialog, caller] of this.#callers)
      if (caller.answer) this.#forgetLater(dialog, caller, caller.answer.resolve);
  }

  #forgetLater(dialog: string, caller: Caller, settle: () => void): void {
    systemClock.after(repeatMsMax, () => {
      if (this.#callers.get(dialog) !== caller) return;
      this.#callers.delete(dialog);
      settle();
    });
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
  #heardBye({ request, response }: Waiting): void {
    const unsolicited = request.source === 'application';
    if (!unsolicited) say(response, 200);
    const detail = request.get('reason');
    this.#listener.bye(request.stackDialogId, unsolicited ? 'peer-lost' : 'bye', detail);
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

  #request(
    dialog: string,
    method: 'BYE' | 'UPDATE',
    headers: Readonly<Record<string, string>>,
    body?: string,
  ): Promise<void> {
    const options = { uri: 'sip:placeholder' as const, method, stackDialogId: dialog, headers };
    return new Promise((resolve, reject) => {
      this.#application.request(body === undefined ? options : { ...options, body }, (error, request) => {
        if (error) {
          reject(new TwinreelError('edge-refused', `${method} for ${dialog} was refused: ${messageOf(error)}`));
          return;
        }
        request.on('response', () => resolve());
        request.on('update', (told, response) => this.#heardUpdate({ request: told, response }));
      });
    });
  }

  #refuseWaiting(
    all: Map<string, Waiting>,
    name: string,
    status: number,
    reason: string,
    retryAfterSeconds?: number,
  ): void {
    const waiting = all.get(name);
    if (!waiting) return;
    all.delete(name);
    const retry = retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) };
    // 399 is the code for text meant for people (RFC 3261 §20.43); the reason phrase stays the standard one.
    const headers = { ...retry, Warning: `399 twinreel "${reason.replace(/["\\\r\n]/g, "'")}"` };
    this.#options.log.info({ dialog: name, status, reason }, 'refused');
    say(waiting.response, status, { headers });
  }
}

/** The edge says no in words; the library makes an error of a connection that is not there. */
function isEdgeGone(error: unknown): boolean {
  return error instanceof TwinreelError && error.cause instanceof Error;
}

function nobodyWaits(name: string): TwinreelError {
  return new TwinreelError('dialog-gone', `${name} does not wait for an answer any more`);
}

function sendOk({ request, response }: Waiting, sdp: string): Promise<void> {
  const headers = { 'Content-Type': 'application/sdp', Allow: allowed, ...serverHeaders(request, bodyOf(request)) };
  return send(response, 200, { body: sdp, headers });
}

/** What a request carries. From the raw message: the library splits multiparts at blank lines. */
function bodyOf(request: Request): RecordingBody {
  const head = /\r?\n\r?\n/.exec(request.raw);
  const body = head ? request.raw.slice(head.index + head[0].length) : '';
  return readRecordingBody(request.get('content-type'), Buffer.from(body, 'utf8'));
}

function clientOf(request: Request, body: RecordingBody): RecordingClient | undefined {
  const [contact, require, accept] = ['contact', 'require', 'accept'].map((name) => request.get(name));
  return recordingClient({ contact, require, accept }, body);
}

/** What tells a recording client that it has found a recorder (RFC 7866 §6.2). */
function serverHeaders(request: Request, body: RecordingBody): Readonly<Record<string, string>> {
  if (!clientOf(request, body)) return {};
  const transport = request.protocol === 'tcp' || request.protocol === 'tls' ? `;transport=${request.protocol}` : '';
  return { Contact: serverContact(transport), Supported: 'siprec' };
}

/** The edge puts its own address for `localhost`, as drachtio-server does. */
function serverContact(parameters: string): string {
  return `<sip:twinreel@localhost${parameters}>;+sip.srs`;
}

/** The offer of a request, or undefined when it was refused: a first one without SDP is 488, unreadable SDP is 400. */
function readOffer({ response }: Waiting, { sdp }: RecordingBody): Offer | undefined {
  if (sdp === undefined) {
    say(response, 488, { headers: { Warning: '399 twinreel "an offer is needed in the request"' } });
    return undefined;
  }
  try {
    return parseOffer(sdp);
  } catch (error) {
    if (!(error instanceof TwinreelError)) throw error;
    say(response, 400, { headers: { Warning: `399 twinreel "${error.message.replace(/["\\\r\n]/g, "'")}"` } });
    return undefined;
  }
}

/** Sends a response of which it is no news whether it went out: what the edge says of it is not even read. */
function say(response: Response, status: number, options: SendOptions = {}): void {
  gatherTurn(response.socket);
  response.send(status, options);
}

/** Resolves when the response is out; rejects with `dialog-gone` when the edge would not send it. */
function send(response: Response, status: number, options: SendOptions): Promise<void> {
  gatherTurn(response.socket);
  return new Promise<void>((resolve, reject) => {
    response.send(status, options, (error) => {
      if (!error) resolve();
      else {
        const text = `response ${status} was not sent: ${messageOf(error)}`;
        reject(new TwinreelError('dialog-gone', text, {}, { cause: error }));
      }
    });
  });
}
