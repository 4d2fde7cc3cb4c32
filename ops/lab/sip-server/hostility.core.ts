// A telephony side gone bad: a server that tells its events late, twice, mangled or not at all, tells of what belongs to nobody here,
// breaks its link off in mid-frame, and has recordings started by somebody else. What happens is drawn from a seed, for each DN by
// itself, so that calls at a time do not mix the draws up. Pure; what is drawn is written down, so that whatever comes of it can be
// judged.

import type { Route } from '#ops/lab/media-server';
import { type Attributes, type EventName, eventOf } from '#src/cti';
import { type Random, seededRandom } from '#src/ports';
import { mangled } from './mangled.ts';

/** What becomes of an event. `foreign`, `unknown`: it is told, and besides it what nobody here can know. */
export const fates = ['on time', 'late', 'twice', 'untold', 'mangled', 'foreign', 'unknown', 'torn'] as const;
export type Fate = (typeof fates)[number];

/** After these nobody has heard of an event. */
export const silent: ReadonlySet<Fate> = new Set(['untold', 'mangled', 'torn']);

/** What is sent for an event, `ms` from now. */
export type Telling = { readonly ms: number } & (
  | { readonly told: 'event'; readonly message: EventName; readonly attributes: Attributes }
  /** Any JSON. */
  | { readonly told: 'value'; readonly value: unknown }
  /** A frame that is no JSON. */
  | { readonly told: 'text'; readonly text: string }
  /** The first bytes of the event, and the link is gone. */
  | { readonly told: 'torn'; readonly bytes: number; readonly message: EventName; readonly attributes: Attributes }
);

/** What became of an event of a call. */
export interface Happened {
  readonly message: EventName;
  readonly dn: string | undefined;
  readonly callUuid: string | undefined;
  /** Names of the data attached to it. */
  readonly keys: readonly string[];
  readonly fate: Fate;
}

/** Has a recording started under an id of its own, `ms` after the call was answered. */
export interface ThirdParty {
  readonly id: string;
  readonly ms: number;
}

const lateMsMin = 30;
/** Later than what comes after it, so that their order is another. */
const lateMsMax = 400;

const shares: readonly (readonly [Fate, number])[] = [
  ['on time', 0.51],
  ['late', 0.16],
  ['twice', 0.1],
  ['untold', 0.06],
  ['mangled', 0.05],
  ['foreign', 0.08],
  ['unknown', 0.04],
];
const [tornShare, tornEventMin, tornEvents] = [0.35, 3, 30];
const [thirdPartyFirst, thirdPartyLater, asksTwice] = [0.12, 0.08, 0.2];
const laterMs = 250;
const [anotherPort, anotherPortLater, anotherAddress, strangerShare] = [0.12, 0.06, 0.05, 0.15];
const foreignDn = '9999';

export class Hostility {
  /** In the order in which the events happened. */
  readonly happened: Happened[] = [];
  /** CallUUIDs of calls that never were. */
  readonly foreign = new Set<string>();
  /** Routes that were drawn, by recorded DN: its own side, and the other's. */
  readonly routes = new Map<string, Route[]>();
  /** DNs that somebody else wanted recorded. */
  readonly wanted = new Set<string>();
  #seed: number;
  #draws = new Map<string, Random>();
  #tornAt = Number.POSITIVE_INFINITY;

  constructor(seed: number) {
    this.#seed = seed;
    this.begin(seed);
  }

  /** Another seed: all that was drawn is forgotten. */
  begin(seed: number): void {
    this.#seed = seed;
    this.#draws = new Map();
    this.happened.length = 0;
    this.foreign.clear();
    this.routes.clear();
    this.wanted.clear();
    const link = this.#random('link');
    this.#tornAt = link.fraction() < tornShare ? tornEventMin + Math.floor(link.fraction() * tornEvents) : Infinity;
  }

  get seed(): number {
    return this.#seed;
  }

  /** Whether anybody can have heard of a call. */
  isTold(callUuid: string): boolean {
    return this.happened.some((one) => one.callUuid === callUuid && !silent.has(one.fate));
  }

  /** Whether packets go astray in this seed. Then calls must be as long as a recorder takes to believe it. */
  get strays(): boolean {
    return this.#seed % 3 === 0;
  }

  /** How often each fate befell an event. */
  get counts(): Readonly<Record<Fate, number>> {
    const count = (fate: Fate) => this.happened.filter((one) => one.fate === fate).length;
    return Object.fromEntries(fates.map((fate) => [fate, count(fate)])) as Record<Fate, number>;
  }

  /** What is sent for an event. */
  tellings(message: EventName, attributes: Attributes): readonly Telling[] {
    const { ThisDN: dn, CallUUID: callUuid } = attributes;
    const random = this.#random(`events of ${dn}`);
    const fate = this.happened.length + 1 === this.#tornAt ? 'torn' : drawn(random, shares);
    const keys = (attributes.UserData ?? []).map(([key]) => key);
    this.happened.push({ message, dn, callUuid, keys, fate });
    const event = { told: 'event', message, attributes, ms: 0 } as const;
    switch (fate) {
      case 'on time':
        return [event];
      case 'late':
        return [{ ...event, ms: lateMs(random) }];
      case 'twice':
        return [event, { ...event, ms: lateMs(random) }];
      case 'untold':
        return [];
      case 'mangled':
        return [{ ms: 0, ...mangled(message, attributes, random) }];
      case 'foreign':
        return [event, this.#foreign(attributes, random)];
      case 'unknown':
        return [
          { ...event, attributes: { ...attributes, Brightness: { of: ['the', 'moon'] } } as Attributes },
          { ms: 0, told: 'value', value: { message: 'EventOfTomorrow', id: 9_999, attributes } },
          { ms: 0, told: 'value', value: eventOf('EventACK', { ReferenceID: 2 ** 31 + 7 }) },
        ];
      case 'torn':
        return [{ ms: 0, told: 'torn', bytes: 1 + Math.floor(random.fraction() * 100), message, attributes }];
    }
  }

  /** Who else wants a DN's call recorded. */
  thirdParty(dn: string): ThirdParty | undefined {
    const random = this.#random(`third party at ${dn}`);
    const fraction = random.fraction();
    if (fraction >= thirdPartyFirst + thirdPartyLater) return undefined;
    this.wanted.add(dn);
    return { id: `third-party-${random.uuid()}`, ms: fraction < thirdPartyFirst ? 0 : laterMs };
  }

  /** Whether a request about a DN arrives twice. */
  asksTwice(dn: string): boolean {
    return this.#random(`requests about ${dn}`).fraction() < asksTwice;
  }

  /** The way of one side's packets of a DN's recording. */
  route(dn: string): Route {
    const random = this.#random(`packets of ${dn}`);
    const [fraction, stranger] = [random.fraction(), random.fraction() < strangerShare];
    const route = this.strays ? routeAt(fraction) : ({ from: 'signalled', afterPackets: 0 } as const);
    const whole = { ...route, stranger: this.strays && stranger };
    this.routes.set(dn, [...(this.routes.get(dn) ?? []), whole]);
    return whole;
  }

  /** An event of a DN that is not of this switch, or of a call that never was. */
  #foreign(attributes: Attributes, random: Random): Telling {
    if (random.fraction() < 0.3) {
      const value = eventOf('EventEstablished', { ...attributes, ThisDN: foreignDn } as never);
      return { ms: 0, told: 'value', value };
    }
    const callUuid = `FOREIGN${random.bytes(12).toString('hex').toUpperCase()}`;
    const connId = random.bytes(8).toString('hex');
    this.foreign.add(callUuid);
    const message = foreignEvents[Math.floor(random.fraction() * foreignEvents.length)]!;
    const { ThisDN, CallType } = attributes;
    const of = { ThisDN, CallType, ConnID: connId, CallUUID: callUuid, OtherDN: 'nobody', PartyUUID: callUuid };
    return { ms: lateMs(random), told: 'event', message, attributes: of };
  }

  #random(key: string): Random {
    const known = this.#draws.get(key);
    if (known) return known;
    const random = seededRandom(hashOf(`${this.#seed} ${key}`));
    this.#draws.set(key, random);
    return random;
  }
}

const foreignEvents: readonly EventName[] = [
  'EventRinging',
  'EventEstablished',
  'EventHeld',
  'EventRetrieved',
  'EventPartyChanged',
  'EventAttachedDataChanged',
  'EventReleased',
];

function routeAt(fraction: number): Omit<Route, 'stranger'> {
  if (fraction < anotherPort) return { from: 'another port', afterPackets: 0 };
  if (fraction < anotherPort + anotherPortLater) return { from: 'another port', afterPackets: 40 };
  const isElsewhere = fraction < anotherPort + anotherPortLater + anotherAddress;
  return { from: isElsewhere ? 'another address' : 'signalled', afterPackets: 0 };
}

function drawn<Value>(random: Random, from: readonly (readonly [Value, number])[]): Value {
  let left = random.fraction();
  for (const [value, share] of from) {
    left -= share;
    if (left < 0) return value;
  }
  return from[0]![0];
}

function lateMs(random: Random): number {
  return Math.round(lateMsMin + random.fraction() * (lateMsMax - lateMsMin));
}

/** FNV-1a: seeds that differ in one letter draw differently. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
