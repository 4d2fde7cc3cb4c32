// The site of the scenarios: who has which number, what is recorded, and the sentences that scenarios are made of. DNs from 7001 to
// 7012 are recorded by the core; 7020 is watched and not recorded; 7030 is pre-recorded, 7031 drawn always and 7032 never; 7040 is
// recorded by its own option, and the core does not ask for it; at 7050 calls are parked; 8001 is a queue, 8002 one whose agents have
// a second to answer, 9001 a route point.
// Everybody else is outside. Calls with attached card data are not recorded, whoever has them recorded.

import { labTenant } from '#ops/lab';
import type { SwitchDn } from '#ops/lab/sip-server';
import type { ExpectedCouple, Step } from './scenario.ts';

/** DNs whose recording the core asks for. */
export const recordedDns = Array.from({ length: 12 }, (_, index) => `${7_001 + index}`);
export const [unrecorded, ofOption] = ['7020', '7040'];
export const [preRecorded, drawnAlways, drawnNever] = ['7030', '7031', '7032'];
/** Where calls wait for somebody else to take them. */
export const park = '7050';
export const [queue, hastyQueue, routePoint] = ['8001', '8002', '9001'];

export const scenarioDns: readonly SwitchDn[] = [
  ...[...recordedDns, unrecorded, park, preRecorded, drawnAlways, drawnNever].map(
    (number) => ({ number, type: 'extension', options: {} }) as const,
  ),
  { number: ofOption, type: 'extension', options: { record: 'true' } },
  { number: queue, type: 'queue', options: {} },
  { number: hastyQueue, type: 'queue', options: { 'no-answer-timeout': '1' } },
  { number: routePoint, type: 'route-point', options: {} },
];

/** What the core records, as its rules file says it. */
export const scenarioRules = {
  admin: {
    rules: [{ name: 'no cards', policy: 'do-not-record', data: { CardData: '*' } }],
    groups: [
      { name: 'Agents', rules: [{ name: 'all calls', policy: 'record', dns: recordedDns.join(',') }] },
      {
        name: 'Quality',
        rules: [
          { name: 'on request', policy: 'pre-record', dns: preRecorded },
          { name: 'always', policy: 'record', dns: drawnAlways, probability: 100 },
          { name: 'never', policy: 'record', dns: drawnNever, probability: 0 },
        ],
      },
    ],
  },
};

export const customer = '5550101';
const spokenMs = 600;
export const spoken: Step = { do: 'pass', ms: spokenMs };

export function talk(from: string, to: string): Step[] {
  return [
    { do: 'call', from, to },
    { do: 'answer', who: to },
  ];
}

/** The customer and somebody talk, and a recorder hears both. */
export function recordedTalk(dn: string): Step[] {
  return [...talk(customer, dn), { do: 'recorded', dn }, spoken];
}

/** At another tenant, whose DNs have the same numbers: who is called so in a scenario. */
export function there(number: string, nth = 1): string {
  return `${nth}/${number}`;
}

/** Whose number it is that stands for somebody in a scenario, and at which tenant. */
export function placeOf(who: string): { readonly nth: number; readonly number: string } {
  const [number = '', nth = '0'] = who.split('/').reverse();
  return { nth: Number(nth), number };
}

/** Tenants whose recordings are pinned to a side of the call: that of the agent, and that of the customer. */
export const [atSource, atDestination] = [2, 3];
export const scenarioTenants = [
  // Sessions that say nothing of a tenant are the first one's.
  { name: labTenant(0).path },
  { name: labTenant(atSource).path, geoLocation: 'source' },
  { name: labTenant(atDestination).path, geoLocation: 'destination' },
] as const;
export const tenantsOfScenarios = 4;
/** Who has a call made at the second tenant hears that it rings. */
export const scenarioServices: readonly SwitchDn['options'][] = [{}, { 'ring-tone-on-make-call': 'true' }];

/**
 * What a core is told, besides where things are. `reconnectMs`: for as long a link is away that a scenario cuts; `keepMs`: in which one
 * asks for what was pre-recorded, after the call.
 */
export const scenarioCore = {
  ...{ reconnectMs: 1_500, lingerMs: 1_000, graceMs: 3_000, keepMs: 2_000 },
  tenants: scenarioTenants,
} as const;

export function inbound(dn: string, otherDn = customer): ExpectedCouple {
  return { dn, otherDn, callType: 'inbound' };
}

/** The side of a question to a colleague that `dn` is. */
export function consult(dn: string, otherDn: string): ExpectedCouple {
  return { dn, otherDn, callType: 'consult' };
}
