// The calls of a hostile seed: scenarios that its seed draws, each with numbers of its own, so that all are played at once on a site
// that has a DN of each sort for each of them.

import type { SwitchDn } from '#ops/lab/sip-server';
import { seededRandom } from '#src/ports';
import { scenarios } from './catalogue.ts';
import type { ExpectedCouple, Scenario, Step } from './scenario.ts';
import { customer, preRecorded, recordedDns, unrecorded } from './site.ts';

/** Which scenarios: those whose steps need nothing of a core that it may have missed, and nobody else's agents or routes. */
export const hostileKinds = [
  'inbound',
  'outbound',
  'internal',
  'both-recorded',
  'hold',
  'card-data',
  'do-not-record-late',
  'pre-record-discarded',
  'pre-record-attached',
  'blind-transfer',
  'attended-transfer',
  'attended-recorded',
  'consult-asked',
  'consult-given-up',
  'conference',
  'conference-recorded',
] as const;
export type HostileKind = (typeof hostileKinds)[number];

export const callsAtOnce = 10;

/** A scenario with numbers of its own. */
export interface StagedCall {
  readonly kind: HostileKind;
  readonly steps: readonly HostileStep[];
  readonly couples: readonly ExpectedCouple[];
  readonly dns: ReadonlySet<string>;
}

/** `hear`: everybody talks, until each recording has something to hear of it. */
export type HostileStep = Step | { readonly do: 'hear' };

/** Numbers of one call: an agent and a colleague who are recorded, one who is not, one who is pre-recorded, and somebody outside. */
function place(index: number) {
  const nth = `${index + 1}`.padStart(2, '0');
  return { agents: [`71${nth}`, `72${nth}`], plain: `73${nth}`, pre: `74${nth}`, outside: `55503${nth}` } as const;
}

const places = Array.from({ length: callsAtOnce }, (_, index) => place(index));

export const hostileDns: readonly SwitchDn[] = places.flatMap(({ agents, plain, pre }) =>
  [...agents, plain, pre].map((number) => ({ number, type: 'extension', options: {} }) as const),
);

export const hostileRules = {
  admin: {
    rules: [{ name: 'no cards', policy: 'do-not-record', data: { CardData: '*' } }],
    groups: [
      {
        name: 'Agents',
        rules: [{ name: 'all calls', policy: 'record', dns: places.flatMap(({ agents }) => agents).join(',') }],
      },
      {
        name: 'Quality',
        rules: [{ name: 'on request', policy: 'pre-record', dns: places.map(({ pre }) => pre).join(',') }],
      },
    ],
  },
};

/** The calls of a seed. */
export function callsOf(seed: number): readonly StagedCall[] {
  const random = seededRandom(seed);
  return places.map((_, index) => staged(hostileKinds[Math.floor(random.fraction() * hostileKinds.length)]!, index));
}

function staged(kind: HostileKind, index: number): StagedCall {
  const scenario = scenarios.find(({ name }) => name === kind)!;
  const { agents, plain, pre, outside } = place(index);
  const text = JSON.stringify(scenario.steps);
  const recorded = recordedDns.filter((dn) => text.includes(`"${dn}"`)).sort(byPlaceIn(text));
  const numbers = new Map<string, string>([
    ...recorded.map((dn, nth) => [dn, agents[nth]!] as const),
    ...[[unrecorded, plain] as const, [preRecorded, pre] as const, [customer, outside] as const],
  ]);
  const { steps, couples } = renumbered({ steps: scenario.steps, couples: scenario.couples }, numbers);
  return { kind, steps: hostile(steps), couples, dns: new Set([...agents, plain, pre, outside]) };
}

function byPlaceIn(text: string) {
  return (one: string, other: string) => text.indexOf(`"${one}"`) - text.indexOf(`"${other}"`);
}

function renumbered<Value extends Pick<Scenario, 'steps' | 'couples'>>(
  value: Value,
  numbers: ReadonlyMap<string, string>,
): Value {
  return JSON.parse(JSON.stringify(value), (_, one) => (typeof one === 'string' ? (numbers.get(one) ?? one) : one));
}

/** Who must not rely on the core waits for recordings that there are, and says nothing of agents. */
function hostile(steps: readonly Step[]): HostileStep[] {
  const all = steps.flatMap((step): HostileStep[] => {
    switch (step.do) {
      case 'recorded':
      case 'pass':
        return [{ do: 'hear' }];
      case 'login':
      case 'logout':
      case 'ready':
      case 'after-call-work':
      case 'discarded':
        return [];
      default:
        return [step];
    }
  });
  const once = all.filter((step, index) => step.do !== 'hear' || all[index - 1]?.do !== 'hear');
  return once.at(-1)?.do === 'hear' ? once.slice(0, -1) : once;
}
