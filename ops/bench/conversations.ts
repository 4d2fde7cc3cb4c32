// Conversations as a busy site has them, by a seed: the same number gives the same conversation. For measuring searches and for tests.

import { type Random, seededRandom } from '#src/ports';
import { type Couple, problemStatuses } from '#src/recording';
import type { Conversation } from '#src/recording/consolidate';

export interface Site {
  readonly seed: number;
  readonly tenants: readonly string[];
  readonly agents: number;
  readonly customers: number;
  /** The first conversation begins then; the others follow evenly, with the hours of a working day. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly total: number;
}

const firstNames = ['Jana', 'Petr', 'Eva', 'Tomáš', 'Lucie', 'Martin', 'Hana', 'Jakub', 'Zoë', 'Søren'];
const lastNames = [
  'Nováková',
  'Svoboda',
  'Dvořák',
  'Černá',
  'Procházka',
  'Kučera',
  'Veselý',
  'Horák',
  'Němec',
  'Marek',
];
const segments = ['gold', 'silver', 'bronze', 'business'];
const campaigns = ['spring', 'summer', 'autumn', 'winter', 'renewal', 'welcome', 'survey'];
const directions = ['inbound', 'inbound', 'inbound', 'inbound', 'outbound', 'outbound', 'internal', 'consult'] as const;

/** The conversation `number` of the site, from 0 on: in the order of their beginning, nearly. */
export function conversationOf(site: Site, number: number): Conversation {
  const random = seededRandom(site.seed * 1_000_003 + number);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random.fraction() * list.length)]!;
  const tenant = pick(site.tenants);
  const startedMs = beginningOf(site, number, random);
  const lengthMs = Math.round(5_000 + 600_000 * random.fraction() ** 4 + (random.fraction() < 0.002 ? 5_400_000 : 0));
  const agent = Math.floor(site.agents * random.fraction() ** 2);
  const agentId = `A${10_000 + agent}`;
  const agentName = `${firstNames[agent % 10]} ${lastNames[Math.floor(agent / 10) % 10]}`;
  const dn = String(20_000 + agent);
  const customer = `+420${600_000_000 + Math.floor(site.customers * random.fraction()) * 37}`;
  const id = `c${site.seed.toString(36)}-${number.toString(36).padStart(6, '0')}`;
  const problem = random.fraction() < 0.98 ? 'NO_PROBLEM' : pick(problemStatuses);
  const data = {
    CustomerID: String(Math.floor(site.customers * random.fraction())),
    Segment: pick(segments),
    Campaign: pick(campaigns),
    Ticket: `T-${site.seed}${number.toString().padStart(8, '0')}`,
  };
  const externalData = Object.entries(data).map(([key, value]) => ({ key, value, sid: `${id}-s` }));
  return {
    conversation: id,
    aliases: [id],
    tenant,
    phase: 'ended',
    direction: pick(directions),
    startedMs,
    endedMs: startedMs + lengthMs,
    audio: { startedMs, lengthMs },
    problem,
    participants: [
      { number: dn, name: agentName, agentId, role: 'agent', fromMs: startedMs, toMs: startedMs + lengthMs },
      { number: customer, role: 'customer', fromMs: startedMs, toMs: startedMs + lengthMs },
    ],
    timeline: [{ kind: 'talk', fromMs: startedMs, toMs: startedMs + lengthMs }],
    externalData,
    couples: [
      { ...coupleOf(id, tenant, startedMs, lengthMs, problem), dn, otherDn: customer, agentId, externalData: data },
    ],
    tracks: [],
    sources: [{ take: `${id}-t`, node: 'node-1', state: 'used' }],
    isTorn: false,
  };
}

function coupleOf(
  id: string,
  tenant: string,
  startedMs: number,
  lengthMs: number,
  problem: Couple['problem'],
): Omit<Couple, 'dn' | 'externalData'> {
  return {
    sid: `${id}-s`,
    tenant,
    callUuid: `${id}-u`,
    connIds: [],
    recordingId: `${id}-r`,
    callType: 'inbound',
    phase: 'ended',
    startedMs,
    endedMs: startedMs + lengthMs,
    holds: [],
    request: { by: 'rule', phase: 'accepted', why: 'rule all' },
    standing: 'recording',
    problem,
    takes: [],
  };
}

const dayMs = 86_400_000;

/** Nine of ten between seven and nineteen o'clock. */
function beginningOf({ fromMs, toMs, total }: Site, number: number, random: Random): number {
  const evenly = fromMs + ((toMs - fromMs) * number) / total;
  const day = Math.floor(evenly / dayMs) * dayMs;
  const hour = random.fraction() < 0.9 ? 7 + 12 * random.fraction() : 24 * random.fraction();
  return Math.min(toMs - 1, Math.max(fromMs, Math.floor(day + hour * 3_600_000)));
}
