// Brings the groups to the proxy: reads what an INVITE says of its recording, and keeps count of what became of it.

import type { Clock } from '#src/ports';
import { headerValue, parseMsrInvite, type SipRequest } from '#src/sip';
import { type Outcome, type Place, type Refusal, type Router, requestUriAt, type Way } from '#src/sip/proxy';
import { groupOf } from './destination.ts';
import type { Group } from './group.ts';
import { type Member, placeKey } from './member.ts';

export interface RoutingOptions {
  readonly groups: readonly Group[];
  readonly clock: Clock;
  readonly attemptsMax: number;
  readonly retryAfterSeconds: number;
  /** Where the resource manager itself listens, as `host:port`; asked at each request. */
  readonly own: () => ReadonlySet<string>;
  /** Something an operator may want to see. */
  readonly log: (fields: object, text: string) => void;
}

export class Routing implements Router {
  readonly #options: RoutingOptions;
  #unknown = 0;

  constructor(options: RoutingOptions) {
    this.#options = options;
  }

  /** INVITEs of which no group was meant. */
  get unknown(): number {
    return this.#unknown;
  }

  way(request: SipRequest): Way | Refusal {
    const { groups, own, log } = this.#options;
    const group = groupOf(request.uri, groups, own());
    if (group) return this.#wayIn(group, request);
    this.#unknown += 1;
    const names = groups.map(({ config }) => config.name).join(', ');
    const reason = `no group is meant by ${request.uri.slice(0, 200)}; there are ${names}`;
    log({ requestUri: request.uri, groups: names }, 'an INVITE names no group');
    return { status: 404, reason };
  }

  inDialog(request: SipRequest): Place | undefined {
    const key = placeKey(request.uri);
    const member = this.#options.groups.flatMap(({ members }) => members).find((one) => one.key === key);
    return member && { uri: member.config.aor, requestUri: request.uri };
  }

  #wayIn(group: Group, request: SipRequest): Way {
    const { clock, attemptsMax, retryAfterSeconds, log } = this.#options;
    const asked = { recording: recordingOf(request), ports: portsOf(request) };
    const tried = new Map<Place, { readonly member: Member; ended(outcome: Outcome, atMs: number): void }>();
    return {
      next: () => {
        if (tried.size >= attemptsMax) return undefined;
        const members = new Set([...tried.values()].map(({ member }) => member));
        const nowMs = clock.monotonicMs();
        const member = group.choose(asked, members, nowMs);
        if (!member) return undefined;
        const { aor } = member.config;
        const place = { uri: aor, requestUri: requestUriAt(request.uri, aor) };
        tried.set(place, { member, ended: member.offer(asked.recording, asked.ports, nowMs) });
        return place;
      },
      ended: (place, outcome) => {
        const { member, ended } = tried.get(place)!;
        const nowMs = clock.monotonicMs();
        ended(outcome, nowMs);
        if (outcome === 'accepted') group.taken(asked.recording, member, nowMs);
        if (outcome === 'silent' || typeof outcome === 'object')
          log({ recording: asked.recording, member: member.key, outcome }, 'a recorder did not take a session');
      },
      refusal: () => {
        group.refused();
        const { name } = group.config;
        log({ recording: asked.recording, group: name, tried: tried.size }, 'no recorder takes a session');
        const reason = `no recorder of ${name} takes it; ${tried.size} asked`;
        return { status: 503, reason, retryAfterSeconds };
      },
    };
  }
}

/** What both dialogs of a recording have in common; without an id of its own an INVITE is alone. */
function recordingOf({ uri, headers }: SipRequest): string {
  return parseMsrInvite(uri, []).recordingId ?? headerValue(headers, 'Call-ID') ?? uri;
}

/** Streams that are offered: m-lines of audio that are not switched off; one where nothing can be read. */
function portsOf({ body }: SipRequest): number {
  return Math.max(1, body.toString('latin1').match(/^m=audio (?!0 )/gm)?.length ?? 0);
}
