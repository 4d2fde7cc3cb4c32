// Messages the edge makes: of its own accord, or by completing what an application left out (drachtio's partial messages).
// Pure: tags, branches and addresses come as arguments.
//
// Order of lines in everything made here: Via, Route, Record-Route, Max-Forwards, From, To, Call-ID, CSeq, Contact, other
// known headers, Content-Type, Content-Length, unknown headers. It is the order drachtio-server writes.

import {
  branchCookie,
  type Essentials,
  formatAddress,
  formatVia,
  type Header,
  headerValue,
  headerValues,
  isKnownHeader,
  parseAddress,
  readEssentials,
  type SipRequest,
  type SipResponse,
  splitList,
  tagOf,
} from '#src/sip';
import { defaultPortOf } from './route.ts';
import { type Flow, hostPortOf } from './transport.ts';

const noBody = Buffer.alloc(0);
const noLength: Header = { name: 'Content-Length', value: '0' };
/** Lines the edge writes itself; what an application put there is ignored, or taken over by {@link newRequest}. */
const ownLines = new Set([
  'Via',
  'Route',
  'Record-Route',
  'RSeq',
  'Content-Length',
  'Max-Forwards',
  'From',
  'To',
  'Call-ID',
  'CSeq',
  'Contact',
  'Content-Type',
]);
/** Requests whose sender may be called back: they need a Contact (RFC 3261 §8.1.1.8, RFC 3311 §5.1). */
const contactMethods = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'UPDATE']);
/** Requests that open dialogs: their answers repeat Record-Route (RFC 3261 §12.1.1). */
const dialogMethods = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY']);

/** Reason phrases of the responses the edge gives itself. */
const phrases: Readonly<Record<number, string>> = {
  100: 'Trying',
  200: 'OK',
  400: 'Bad Request',
  408: 'Request Timeout',
  422: 'Session Interval Too Small',
  416: 'Unsupported URI Scheme',
  481: 'Call/Transaction Does Not Exist',
  482: 'Loop Detected',
  487: 'Request Terminated',
  491: 'Request Pending',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
  504: 'Server Time-out',
  505: 'Version Not Supported',
  513: 'Message Too Large',
};

/** A response of the edge's own. `toTag` goes to To unless it has a tag or the status is 100 (RFC 3261 §8.2.6.2). */
export function ownResponse(
  headers: readonly Header[],
  status: number,
  toTag: string,
  extra: readonly Header[] = [],
): SipResponse {
  const vias = headers.filter(({ name }) => name === 'Via');
  const lines = [...vias, ...identityOf(headers, status, toTag), ...extra, noLength];
  return { type: 'response', status, reason: phrases[status] ?? '', headers: lines, body: noBody };
}

/** From, To, Call-ID and CSeq of a request, as a response to it repeats them. */
function identityOf(headers: readonly Header[], status: number, toTag: string): Header[] {
  const lines: Header[] = [];
  for (const name of ['From', 'To', 'Call-ID', 'CSeq']) {
    const line = headers.find((one) => one.name === name);
    if (line && name === 'To' && status !== 100) lines.push({ name, value: withTag(line.value, toTag) });
    else if (line) lines.push(line);
  }
  return lines;
}

/** A response to a request that has come by another path: it goes back by that one. */
export function responseBy({ headers }: SipRequest, response: SipResponse): SipResponse {
  const isOfPath = ({ name }: Header) => name === 'Via' || name === 'Record-Route';
  const others = response.headers.filter((one) => !isOfPath(one));
  const vias = headers.filter(({ name }) => name === 'Via');
  return { ...response, headers: [...vias, ...headers.filter(({ name }) => name === 'Record-Route'), ...others] };
}

/** What the edge knows of a response. */
export interface ResponseSettings {
  readonly toTag: string;
  readonly isInDialog: boolean;
  readonly flow: Flow;
  /** Lines of the edge's own; they take the place of the application's of the same name, but for Require. */
  readonly added?: readonly Header[];
}

/** An application's response, completed. Contact is added to a 2xx, and to every final answer inside a dialog. */
export function completeResponse(
  partial: SipResponse,
  request: SipRequest,
  { toTag, isInDialog, flow, added = [] }: ResponseSettings,
): SipResponse {
  const isInvite = request.method === 'INVITE';
  const opensDialog = dialogMethods.has(request.method) && partial.status > 100 && partial.status < 300;
  const isReliable = added.some(({ name }) => name === 'RSeq');
  const needsContact =
    (isInvite && partial.status >= 200 && (isInDialog || partial.status < 300)) ||
    (opensDialog && (isReliable || request.method === 'SUBSCRIBE'));
  const contact = headerValue(partial.headers, 'Contact') ?? (needsContact ? `<${ownUri(flow)}>` : undefined);
  const given = remainingLines(partial, flow);
  const { type, status, reason, body } = partial;
  const headers = [
    ...request.headers.filter(({ name }) => name === 'Via'),
    ...(opensDialog ? request.headers.filter(({ name }) => name === 'Record-Route') : []),
    ...identityOf(request.headers, status, toTag),
    ...(contact === undefined ? [] : [{ name: 'Contact', value: contactAtOurselves(contact, flow) }]),
    ...added,
    ...(added.length === 0 ? given : given.filter(({ name }) => name === 'Require' || !isAmong(added, name))),
  ];
  return { type, status, reason, headers, body };
}

/** What the edge fills in for a request that starts something new. */
export interface NewRequestSettings {
  readonly flow: Flow;
  readonly branch: string;
  readonly fromTag: string;
  readonly callId: string;
  readonly sequence: number;
}

/** An application's request outside of dialogs, completed; undefined when its From or To is no address. */
export function newRequest(partial: SipRequest, settings: NewRequestSettings): SipRequest | undefined {
  const { flow, branch } = settings;
  const given = (name: string, otherwise: string) =>
    parseAddress(atOurselves(headerValue(partial.headers, name) ?? otherwise, flow));
  const from = given('From', `<${ownUri(flow)}>`);
  const to = given('To', `<${partial.uri}>`);
  if (!from || !to) return undefined;
  const tagged =
    tagOf(from) === '' ? { ...from, parameters: [...from.parameters, ['tag', settings.fromTag] as const] } : from;
  const contact =
    headerValue(partial.headers, 'Contact') ?? (contactMethods.has(partial.method) ? `<${ownUri(flow)}>` : undefined);
  const address = contact === undefined ? undefined : parseAddress(contactAtOurselves(contact, flow));
  return {
    ...partial,
    headers: [
      viaLine(flow, branch),
      // A route that is known before there is a dialog (RFC 3261 §8.1.2); inside one the dialog's own stands.
      ...headerValues(partial.headers, 'Route').map((value) => ({ name: 'Route', value })),
      { name: 'Max-Forwards', value: headerValue(partial.headers, 'Max-Forwards') ?? '70' },
      { name: 'From', value: formatAddress(tagged) },
      { name: 'To', value: formatAddress(to) },
      { name: 'Call-ID', value: settings.callId },
      { name: 'CSeq', value: `${settings.sequence} ${partial.method}` },
      ...(address ? [{ name: 'Contact', value: formatAddress(address) }] : []),
      ...remainingLines(partial, flow),
    ],
  };
}

/** What a dialog says about a request inside of it. */
export interface DialogRequestSettings {
  readonly flow: Flow;
  readonly branch: string;
  readonly uri: string;
  readonly routes: readonly string[];
  /** From and To with their tags, as this side writes them. */
  readonly from: string;
  readonly to: string;
  readonly callId: string;
  readonly sequence: number;
}

/** A request inside a dialog, completed. */
export function dialogRequest(partial: SipRequest, settings: DialogRequestSettings): SipRequest {
  const { flow, branch } = settings;
  const contact =
    headerValue(partial.headers, 'Contact') ?? (contactMethods.has(partial.method) ? `<${ownUri(flow)}>` : undefined);
  return {
    ...partial,
    uri: settings.uri,
    headers: [
      viaLine(flow, branch),
      ...settings.routes.map((value) => ({ name: 'Route', value })),
      { name: 'Max-Forwards', value: '70' },
      { name: 'From', value: settings.from },
      { name: 'To', value: settings.to },
      { name: 'Call-ID', value: settings.callId },
      { name: 'CSeq', value: `${settings.sequence} ${partial.method}` },
      ...(contact === undefined ? [] : [{ name: 'Contact', value: contactAtOurselves(contact, flow) }]),
      ...remainingLines(partial, flow),
    ],
  };
}

/** The ACK of a final response that is no 2xx: same branch as the INVITE, To of the response (RFC 3261 §17.1.1.3). */
export function acknowledgementOf(invite: SipRequest, response: SipResponse): SipRequest {
  return sameBranch(invite, 'ACK', headerValue(response.headers, 'To'));
}

/** The CANCEL of an INVITE (RFC 3261 §9.1), with what the application wants added. */
export function cancellationOf(invite: SipRequest, added: readonly Header[] = []): SipRequest {
  const cancel = sameBranch(invite, 'CANCEL', headerValue(invite.headers, 'To'));
  const lines = added.filter((one) => !ownLines.has(one.name));
  return { ...cancel, headers: [...cancel.headers.slice(0, -1), ...lines, ...cancel.headers.slice(-1)] };
}

/** A fresh branch (RFC 3261 §8.1.1.7). */
export function branchWith(token: string): string {
  return `${branchCookie}${token}`;
}

/** Whether a body has no type and none can be guessed: only session descriptions are known by their first line. */
export function lacksContentType(partial: SipRequest | SipResponse): boolean {
  if (partial.body.length === 0 || headerValue(partial.headers, 'Content-Type') !== undefined) return false;
  return partial.body.toString('latin1', 0, 3) !== 'v=0';
}

/** The Record-Route list of a message, in the order written. */
export function recordedRoutes(headers: readonly Header[]): string[] {
  return headerValues(headers, 'Record-Route').flatMap(splitList);
}

/** A From or To with the tag, unless it has one. */
export function withTag(value: string, tag: string): string {
  const address = parseAddress(value);
  return address && tagOf(address) !== '' ? value : `${value};tag=${tag}`;
}

/** The essentials of a message made here, which has them all. */
export function essentialsOf(message: SipRequest | SipResponse): Essentials {
  const essentials = readEssentials(message.headers);
  if ('missing' in essentials) throw new Error(`a message made here has no ${essentials.missing}`);
  return essentials;
}

function sameBranch(invite: SipRequest, method: 'ACK' | 'CANCEL', to: string | undefined): SipRequest {
  const sequence = headerValue(invite.headers, 'CSeq')?.split(' ')[0];
  const copied = (name: string) => headerValues(invite.headers, name).map((value) => ({ name, value }));
  return {
    type: 'request',
    method,
    uri: invite.uri,
    headers: [
      ...copied('Via').slice(0, 1),
      ...copied('Route'),
      { name: 'Max-Forwards', value: '70' },
      ...copied('From'),
      ...(to === undefined ? [] : [{ name: 'To', value: to }]),
      ...copied('Call-ID'),
      { name: 'CSeq', value: `${sequence} ${method}` },
      { name: 'Content-Length', value: '0' },
    ],
    body: noBody,
  };
}

function isAmong(headers: readonly Header[], wanted: string): boolean {
  return headers.some(({ name }) => name === wanted);
}

/** The application's other lines in the order above, with type and length of the body between known and unknown ones. */
function remainingLines({ headers, body }: SipRequest | SipResponse, flow: Flow): Header[] {
  const lines = headers
    .filter((one) => !ownLines.has(one.name))
    .map((one) => (one.name === 'P-Asserted-Identity' ? { ...one, value: atOurselves(one.value, flow) } : one));
  const type = headerValue(headers, 'Content-Type') ?? (body.length > 0 ? 'application/sdp' : undefined);
  return [
    ...lines.filter((one) => isKnownHeader(one.name)),
    ...(type === undefined ? [] : [{ name: 'Content-Type', value: type }]),
    { name: 'Content-Length', value: String(body.length) },
    ...lines.filter((one) => !isKnownHeader(one.name)),
  ];
}

/** Applications write `@localhost` where they mean the address of whoever sends for them. */
function atOurselves(value: string, { local }: Flow): string {
  return value.replace(/@localhost(?=[;>?,\s]|$)/gi, `@${hostPortOf(local)}`);
}

/** Requests to a Contact come over the transport it names, so ours names the one the dialog uses. */
function contactAtOurselves(value: string, flow: Flow): string {
  if (!/@localhost(?=[;>?,\s]|$)/i.test(value) || /;transport=/i.test(value)) return value;
  // Without brackets a parameter would be the header's and not the URI's.
  const bare = value.includes('<') ? undefined : parseAddress(value);
  const written = bare ? formatAddress(bare) : value;
  return written.replace(/@localhost(?=[;>?,\s]|$)/gi, `@${hostPortOf(flow.local)}${transportParameterOf(flow)}`);
}

/** Ourselves, as peers of this flow reach us. */
function ownUri(flow: Flow): string {
  return `sip:${hostPortOf(flow.local)}${transportParameterOf(flow)}`;
}

function transportParameterOf({ protocol }: Flow): string {
  return protocol === 'udp' ? '' : `;transport=${protocol}`;
}

/** Our own Via, for a request that leaves by `flow`. */
export function viaLine(flow: Flow, branch: string): Header {
  const { address, port } = flow.local;
  const host = address.includes(':') ? `[${address}]` : address;
  const place = port === defaultPortOf(flow.protocol) ? { host } : { host, port };
  const via = {
    transport: flow.protocol.toUpperCase(),
    ...place,
    // A response to a datagram finds its way by the port it came from; a connection has no use for that (RFC 3581).
    parameters: flow.isReliable ? [['branch', branch] as const] : [['rport'] as const, ['branch', branch] as const],
  };
  return { name: 'Via', value: formatVia(via) };
}
