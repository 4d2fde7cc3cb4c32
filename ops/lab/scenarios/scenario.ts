// What a scenario is: what people at phones and desktops do, one thing after the other, and what must be known and heard of it
// afterwards. Data; what performs it is elsewhere.

import { ringTone } from '#ops/lab/media-server';
import type { Couple } from '#src/recording';

/** What a media server plays to who waits for an answer. */
export const ringToneVoice = 'ring tone';

/** Phones are named by their numbers. Each says a tone of its own from the answer on. */
export type Step =
  /** Resolves when it rings: at `reaches`, where a queue or a route point was called. */
  | { readonly do: 'call'; readonly from: string; readonly to: string; readonly reaches?: string }
  /** A desktop has its phone call somebody; resolves when it rings there. */
  | { readonly do: 'make-call'; readonly from: string; readonly to: string }
  /** Waits until a phone hears the ring tone; of `nothing`, that it hears nothing for a while. */
  | { readonly do: 'hears'; readonly who: string; readonly sound: typeof ringToneVoice | 'nothing' }
  /** Waits until a phone is called that nobody of the scenario calls. */
  | { readonly do: 'rings'; readonly at: string }
  | { readonly do: 'answer' | 'decline' | 'hold' | 'retrieve' | 'hang-up'; readonly who: string }
  /** Another voice from now on: a name, or a number for the phone's own. */
  | { readonly do: 'speak'; readonly who: string; readonly voice: string }
  | { readonly do: 'press'; readonly who: string; readonly digits: string }
  /** By REFER; the target answers. */
  | { readonly do: 'transfer'; readonly by: string; readonly to: string }
  /** By the desktop; the target answers, and the first call waits. */
  | { readonly do: 'consult'; readonly by: string; readonly to: string }
  | { readonly do: 'complete-transfer'; readonly by: string }
  /** By the phone, which holds its call and makes another one; the target answers. */
  | { readonly do: 'call-besides'; readonly by: string; readonly to: string }
  /** By the phone: who waits and whom it called besides are to talk with each other (REFER with Replaces). */
  | { readonly do: 'transfer-together'; readonly by: string }
  /** Gives up who is consulted, and goes back to who waits. */
  | { readonly do: 'reconnect'; readonly by: string }
  /** As `consult`, to bring who is asked into the call. */
  | { readonly do: 'confer'; readonly by: string; readonly to: string }
  | { readonly do: 'complete-conference'; readonly by: string }
  /** From now on: calls at a route point go there, with what is said of their recording. */
  | { readonly do: 'route'; readonly at: string; readonly to: string; readonly record: string }
  | { readonly do: 'attach'; readonly by: string; readonly data: Readonly<Record<string, string>> }
  /** `queue`: the one whose calls come here. */
  | { readonly do: 'login'; readonly at: string; readonly agentId: string; readonly queue?: string }
  | { readonly do: 'logout' | 'after-call-work' | 'ready'; readonly at: string }
  /** Somebody who is no core has a party recorded, under an id of their own. */
  | { readonly do: 'ask-recording'; readonly of: string; readonly id: string }
  /** A recording client has a call recorded of which no telephony server tells: by number, the names of who is in it. */
  | { readonly do: 'siprec'; readonly parties: Readonly<Record<string, string>> }
  | { readonly do: 'siprec-over' }
  /** baresip is the phone of a DN from now on; it takes every call at once. */
  | { readonly do: 'baresip'; readonly at: string }
  | { readonly do: 'call-baresip'; readonly from: string; readonly to: string }
  /** Resolves when it rings there. */
  | { readonly do: 'baresip-calls'; readonly to: string }
  /** Waits until audio of both parties reaches a recorder. */
  | { readonly do: 'recorded'; readonly dn: string }
  /** The core is told to; waits until the recorder did. */
  | { readonly do: 'pause' | 'resume'; readonly dn: string }
  /** The core is told to keep what is pre-recorded of a call that may be over. */
  | { readonly do: 'keep'; readonly dn: string }
  /** Waits until the core has given up what is recorded of it. */
  | { readonly do: 'discarded'; readonly dn: string }
  | { readonly do: 'pass'; readonly ms: number }
  /** kill -9; it is back a moment later. */
  | { readonly do: 'kill'; readonly process: 'resource-manager' | 'keeper'; readonly node: 'first' | 'second' }
  /** The core's connection to the SIP Server breaks, and cannot be had again before it is let in. */
  | { readonly do: 'cut-link' | 'link-back' };

/** A couple that must be there, with no problem, finished, in one take from each recorder, and kept. */
export interface ExpectedCouple {
  readonly dn: string;
  readonly otherDn: string;
  readonly callType: Couple['callType'];
  /** Not looked at where nothing is said. */
  readonly tenant?: string;
  /** Who had it recorded; default `rule`. */
  readonly by?: Couple['request']['by'];
  /** `discarded`: no audio is left of it, which then is no problem. */
  readonly standing?: 'discarded';
  /** What went with the request for it, in the order of its keys: `id, record=source`. */
  readonly asked?: string;
  /** The side of the call to which its recording is pinned. */
  readonly geoLocation?: 'source' | 'destination' | 'none';
  /** `none`: nobody is logged in there. */
  readonly agentId?: string;
  /** Where it is not the core's. */
  readonly recordingId?: string;
  /** A further recording of it, which somebody else wanted under this id. */
  readonly besides?: string;
  /** The agent's full name. */
  readonly name?: string;
  readonly otherName?: string;
  /** Its agent worked on it after the call. */
  readonly afterCallWork?: true;
  /** Values of RECORDING_STATUS_GIM that the desktop sees at the DN in this call, one after the other. */
  readonly notified?: readonly string[];
  /** The last of them: of who comes into a call whose recording changes with that, more may be seen or less. */
  readonly notifiedLast?: string;
  /** How often; default 0. */
  readonly holds?: number;
  readonly pauses?: number;
  /** Among its external data. */
  readonly data?: Readonly<Record<string, string>>;
  /** How many copies hold all that was sent to them; default every one. */
  readonly whole?: number;
  /** Voices on each channel of the exported audio: these and no other of the scenario. Default: those of the two parties. */
  readonly left?: readonly string[];
  readonly right?: readonly string[];
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  /** `duplicated`: on a cluster with two recording nodes, each a group of its own, and a resource manager: all is recorded twice. */
  readonly site?: 'duplicated';
  /** A program that may not be here: then the scenario is left out, and that is said. */
  readonly needs?: 'baresip';
  readonly steps: readonly Step[];
  /** All couples of the scenario; one more is as wrong as one less. */
  readonly couples: readonly ExpectedCouple[];
  /** How many conversations these are; not looked at where nothing is said. */
  readonly conversations?: number;
}

/** How often everything is recorded. */
export function copiesOf({ site }: Pick<Scenario, 'site'>): number {
  return site === 'duplicated' ? 2 : 1;
}

const lowestHz = 400;
/** Far enough from each other for a tenth of a second to tell them; thirty stay below 3.4 kHz. */
const spacingHz = 100;
const highestHz = 3_400;

/** The frequency of each voice of a scenario, in the order in which they appear. Throws Error when there are too many. */
export function voicesOf({ name, steps }: Scenario): ReadonlyMap<string, number> {
  const named = steps.flatMap((step): string[] => {
    if (step.do === 'call') return [step.from, step.reaches ?? step.to];
    if (step.do === 'rings' || step.do === 'baresip') return [step.at];
    if (step.do === 'call-baresip') return [step.from];
    if (step.do === 'baresip-calls') return [step.to];
    if (step.do === 'make-call') return [step.from, step.to];
    if (step.do === 'transfer' || step.do === 'consult' || step.do === 'confer' || step.do === 'call-besides')
      return [step.to];
    if (step.do === 'siprec') return Object.keys(step.parties);
    return step.do === 'speak' ? [step.voice] : [];
  });
  const voices = new Map([...new Set(named)].map((voice, index) => [voice, lowestHz + index * spacingHz]));
  if ([...voices.values()].some((hz) => hz > highestHz)) throw new Error(`${name} has ${voices.size} voices: too many`);
  // So that a recording is known that it is in.
  if (steps.some((step) => step.do === 'hears')) voices.set(ringToneVoice, ringTone.frequencyHz);
  return voices;
}
