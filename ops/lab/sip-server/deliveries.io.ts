// How a call comes to who takes it: past queues, where it waits for an agent, and route points, where it waits for a strategy, to a
// phone that rings. Knows no call but by its CallUUID.

import type { Clock } from '#src/ports';
import { statusOf } from './agent.ts';
import type { Happening, NewParty } from './call-model.core.ts';
import type { Distribution } from './distribution.ts';
import type { SwitchDn } from './dns.ts';
import type { Leg } from './leg.io.ts';
import type { RoutedRecording } from './strategy.core.ts';

export interface DeliverySurroundings {
  readonly clock: Clock;
  readonly dns: ReadonlyMap<string, SwitchDn>;
  readonly distribution: Distribution;
  /** Whether somebody hears what is told of a DN: without, no strategy routes there. */
  readonly isWatched: (dn: string) => boolean;
  readonly party: (dn: string) => NewParty;
  readonly stands: (callUuid: string) => boolean;
  readonly happen: (happening: Happening) => void;
  /** Calls a phone; rejects with an error that has a `status` when it is not taken. */
  readonly call: (callUuid: string, dn: string, caller: string, ringing: () => void) => Promise<Leg>;
  /** The leg is one of the call from now on. Throws when the call is over. */
  readonly keep: (callUuid: string, leg: Leg) => void;
  /** The phone that is called is called no longer: {@link call} rejects. */
  readonly cancel: (callUuid: string) => void;
  /** The agent at a DN did not take a call of a queue. */
  readonly notTaken: (dn: string) => void;
  readonly routed: (callUuid: string, recording: RoutedRecording | undefined) => void;
}

/** How a party is reached. */
export interface Delivery {
  readonly caller: string;
  /** Who transferred the call there, or adds the party to it. */
  readonly by?: string;
  /** The phone rings. */
  readonly ringing?: () => unknown;
  /** Comes before anything is told of where the call goes, and that is told no sooner than a phone rings or the call waits. */
  readonly given?: () => Promise<void>;
  /** The phone has answered; comes before that is told. */
  readonly answered?: () => Promise<void>;
}

/** From queue to route point to queue, and back from agents who do not take it. */
const hopsMax = 32;
/** So long a phone rings that a queue has found (its option `no-answer-timeout`, in seconds). */
const noAnswerMsDefault = 15_000;
const routeMsMax = 10_000;
const temporarilyUnavailable = { status: 480 } as const;

export class Deliveries {
  readonly #around: DeliverySurroundings;

  constructor(around: DeliverySurroundings) {
    this.#around = around;
  }

  /**
   * Resolves when a phone has answered. Rejects with an error that has a `status`, or with GivenUp. Who does not take a call of a queue is
   * not ready any more, and the call goes on waiting there.
   */
  async bring(callUuid: string, to: string, delivery: Delivery): Promise<void> {
    const { dns, distribution, happen, notTaken, party } = this.#around;
    let at = to;
    let queue: SwitchDn | undefined;
    let again = false;
    let { given } = delivery;
    const give = async () => {
      const first = given;
      given = undefined;
      await first?.();
    };
    for (let hops = 0; hops < hopsMax; hops += 1) {
      const dn = dns.get(at);
      const type = dn?.type;
      if (type !== 'queue' && type !== 'route-point') {
        try {
          return await this.#ring(callUuid, at, { ...delivery, given: give }, queue);
        } catch (error) {
          if (!queue || !this.#isDeclined(callUuid, error)) throw error;
          happen({ type: 'not-taken', callUuid, dn: at });
          notTaken(at);
          at = queue.number;
          again = true;
          continue;
        }
      }
      await give();
      happen({ type: type === 'queue' ? 'queued' : 'route-requested', callUuid, at: party(at) });
      const next = type === 'queue' ? await distribution.agent(at, callUuid, again) : await this.#route(callUuid, at);
      happen({ type: 'diverted', callUuid, dn: at, to: next });
      queue = type === 'queue' ? dn : undefined;
      again = false;
      at = next;
    }
    throw temporarilyUnavailable;
  }

  /** The caller is still there, and who is called said no, or nothing. */
  #isDeclined(callUuid: string, error: unknown): boolean {
    const status = statusOf(error);
    return this.#around.stands(callUuid) && (status < 500 || status >= 600);
  }

  /** `queue`: the one that has found it. */
  async #ring(callUuid: string, dn: string, delivery: Delivery, queue: SwitchDn | undefined): Promise<void> {
    const { call, cancel, clock, distribution, happen, keep, party } = this.#around;
    const { caller, by, ringing, given, answered } = delivery;
    let announced: Promise<void> | undefined;
    const announce = async () => {
      await given?.();
      happen({ type: 'rings', callUuid, at: party(dn), ...(by !== undefined && { by }) });
      distribution.rung(dn);
    };
    if (by === undefined) announced = announce();
    const noAnswer = queue && clock.after(noAnswerMsOf(queue), () => cancel(callUuid));
    const leg = await call(callUuid, dn, caller, () => {
      announced ??= announce();
      ringing?.();
    })
      .catch((error: unknown) => {
        distribution.rung(dn); // where it did not even ring
        throw error;
      })
      .finally(() => noAnswer?.cancel());
    announced ??= announce();
    await announced;
    keep(callUuid, leg);
    await answered?.();
    happen({ type: 'answered', callUuid, dn });
  }

  /** As a strategy says, which has its time; else by the route point's `default-dn`. */
  async #route(callUuid: string, routePoint: string): Promise<string> {
    const { clock, dns, distribution, isWatched, routed, stands } = this.#around;
    const fallback = dns.get(routePoint)?.options['default-dn'];
    const byDefault = () => {
      if (fallback === undefined) distribution.giveUp(callUuid);
      else distribution.routed(routePoint, callUuid, { to: fallback, recording: undefined });
    };
    const asked = distribution.route(routePoint, callUuid);
    const timer = clock.after(isWatched(routePoint) ? routeMsMax : 0, byDefault);
    try {
      const { to, recording } = await asked;
      routed(callUuid, recording);
      return to;
    } catch (error) {
      throw stands(callUuid) ? temporarilyUnavailable : error;
    } finally {
      timer.cancel();
    }
  }
}

function noAnswerMsOf({ options }: SwitchDn): number {
  const seconds = Number(options['no-answer-timeout']);
  return seconds > 0 ? seconds * 1_000 : noAnswerMsDefault;
}
