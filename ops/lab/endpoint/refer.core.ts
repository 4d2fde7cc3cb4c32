// REFER (RFC 3515): whom it names, whose place that one is to take (Replaces, RFC 3891), and how its sender is told what became of the
// call that was asked for.

/** The URI in Refer-To; undefined when there is none, or one that is no `sip:` URI. */
export function referTarget(referTo: string | undefined): string | undefined {
  return /^[^<]*<\s*(sips?:[^>\s]+)\s*>/i.exec(referTo ?? '')?.[1] ?? /^\s*(sips?:[^;>\s]+)/i.exec(referTo ?? '')?.[1];
}

/** A dialog that is to be replaced, as who is asked to sees it: `toTag` is their own tag (RFC 3891 §3). */
export interface ReplacedDialog {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
}

/** The dialog that a URI of {@link referTarget} asks to replace; undefined when it asks for none that can be read. */
export function replacedBy(uri: string): ReplacedDialog | undefined {
  const escaped = /[?&]Replaces=([^&]+)/i.exec(uri)?.[1];
  if (escaped === undefined) return undefined;
  let header: string;
  try {
    header = decodeURIComponent(escaped);
  } catch {
    return undefined;
  }
  const [callId = '', ...parameters] = header.split(';');
  const tag = (name: string) => parameters.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1);
  const [toTag, fromTag] = [tag('to-tag'), tag('from-tag')];
  return toTag === undefined || fromTag === undefined ? undefined : { callId: callId.trim(), toTag, fromTag };
}

/** A URI that asks whom it names to replace a dialog with them. */
export function replacing(uri: string, { callId, toTag, fromTag }: ReplacedDialog): string {
  return `${uri}?Replaces=${encodeURIComponent(`${callId};to-tag=${toTag};from-tag=${fromTag}`)}`;
}

/** The NOTIFY of a status of the call: its body is a status line (§2.4.5), and a final one ends the subscription. */
export function referProgress(status: number): {
  readonly method: 'NOTIFY';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
} {
  return {
    method: 'NOTIFY',
    headers: {
      Event: 'refer',
      'Subscription-State': status < 200 ? 'active;expires=60' : 'terminated;reason=noresource',
      'Content-Type': 'message/sipfrag;version=2.0',
    },
    body: `SIP/2.0 ${status} ${phrases[status] ?? 'Call Failed'}\r\n`,
  };
}

/** The status that a NOTIFY tells; 0 when it tells none. */
export function referStatus(body: string | undefined): number {
  return Number(/^SIP\/2\.0 (\d{3})/.exec(body ?? '')?.[1] ?? 0);
}

const phrases: Readonly<Record<number, string>> = {
  100: 'Trying',
  180: 'Ringing',
  200: 'OK',
  403: 'Forbidden',
  404: 'Not Found',
  408: 'Request Timeout',
  480: 'Temporarily Unavailable',
  486: 'Busy Here',
  487: 'Request Terminated',
  488: 'Not Acceptable Here',
  500: 'Server Internal Error',
  503: 'Service Unavailable',
  603: 'Decline',
};
