// By which names the parts of a conversation find each other, and the id that follows from them. Names of two tenants never meet.

import { nameOf } from '#src/ids';
import { type Couple, callName, connName } from '#src/recording';

/** A day's transfers of one customer, and more; a switch that gives one id to all calls joins no further. */
export const callsPerConversationMax = 100;

/** The names of a couple: its call's own first. */
export function namesOfCouple(couple: Couple, scope: Scope = scoped): string[] {
  const { tenant, callUuid, connIds, partOf = [], recordingId, sid, sameAs = [], takes } = couple;
  return [
    callName(callUuid),
    ...connIds.map(connName),
    ...partOf,
    recordingName(recordingId),
    ...[sid, ...sameAs].map(coupleName),
    ...takes.map(({ take }) => takeName(take)),
  ].map((name) => scope(tenant, name));
}

export function recordingName(recordingId: string): string {
  return `recording ${recordingId}`;
}

export function coupleName(sid: string): string {
  return `couple ${sid}`;
}

export function takeName(take: string): string {
  return `take ${take}`;
}

/** By which what is said of a take is kept together. */
export function takeKey(take: string): string {
  return takeName(take);
}

/** What makes a name one of a tenant. */
export type Scope = (tenant: string, name: string) => string;

/** Takes go by one name in all tenants. */
export function scopedButTakes(tenant: string, name: string): string {
  return name.startsWith('take ') ? name : scoped(tenant, name);
}

export function scoped(tenant: string, name: string): string {
  return JSON.stringify([tenant, name]);
}

/** Names of calls are smaller than all others: as soon as one is known, the id follows from it. */
export function conversationId(names: Iterable<string>): string {
  let least: string | undefined;
  for (const name of names) if (least === undefined || name < least) least = name;
  return idOf(least!);
}

/** The ids that a conversation of these names has or had, when less was known of it. */
export function aliasesOf(names: Iterable<string>): string[] {
  // Whatever is known of first, its call or its recording is known with it.
  const isFirst = (name: string) => /^(call|recording) /.test((JSON.parse(name) as [string, string])[1]);
  return [...names].filter(isFirst).map(idOf).sort();
}

/** By what a conversation is found of which a recording is known and no more: one of its {@link aliasesOf}. */
export function aliasOfRecording(tenant: string, recordingId: string): string {
  return idOf(scoped(tenant, recordingName(recordingId)));
}

function idOf(name: string): string {
  return nameOf('conversation', name);
}
