// How a desktop shows what happens: a line for each event, and the desk as a whole. Pure.

import { agentStatuses, callTypes, type KeyValueList, type TLibEvent, textOf } from '#src/cti';
import { type Desk, type DeskCall, recordingOf } from './desk.core.ts';

/** One line for an event, by what the desk was before it and is after. */
export function eventText(event: TLibEvent, before: Desk, after: Desk): string {
  const { message, attributes } = event;
  const name = message === 'unknown' ? event.name : message;
  const { ConnID: connId } = attributes;
  const call = connId === undefined ? undefined : (callAt(after, connId) ?? callAt(before, connId));
  const parts = [
    ...(call ? [`#${call.number}`] : []),
    ...(call && showsParty(message) ? [`${call.otherDn || 'unknown'} (${callTypeText(call.callType)})`] : []),
    ...(attributes.ThirdPartyDN && attributes.ThirdPartyDN !== after.dn ? [`by ${attributes.ThirdPartyDN}`] : []),
    ...(message.startsWith('EventAgent') ? [attributes.AgentID ?? ''] : []),
    ...dataText(connId === undefined ? [] : (callAt(before, connId)?.userData ?? []), attributes.UserData),
  ];
  return [name, ...parts].join(' ').trimEnd();
}

/** Who is there, and each call. */
export function deskText({ dn, agentId, agentStatus, calls }: Desk): string[] {
  const agent = agentId === undefined ? agentStatusText(agentStatus) : `${agentId} ${agentStatusText(agentStatus)}`;
  return [`DN ${dn}, agent ${agent}, ${calls.length} calls`, ...calls.map(callText)];
}

/** `#1 talking, 5550100 (inbound), recording ON, customer=Novak` */
export function callText(call: DeskCall): string {
  const recording = recordingOf(call);
  const data = call.userData.flatMap(([key, value]) =>
    key === 'GSIP_RECORD' ? [] : [`${key}=${textOf(value) ?? '…'}`],
  );
  return [
    `#${call.number} ${call.phase}`,
    `${call.otherDn || 'unknown'} (${callTypeText(call.callType)})`,
    `recording ${recording ?? 'not told of'}`,
    ...data,
  ].join(', ');
}

function callAt({ calls }: Desk, connId: string): DeskCall | undefined {
  return calls.find((call) => call.connId === connId);
}

function showsParty(message: TLibEvent['message']): boolean {
  return message !== 'EventAttachedDataChanged';
}

/** Attached data that is new or different; `-KEY` for what is gone. */
function dataText(before: KeyValueList, after: KeyValueList | undefined): string[] {
  if (after === undefined) return [];
  const [was, is] = [textsOf(before), textsOf(after)];
  const changed = [...is].filter(([key, value]) => was.get(key) !== value).map(([key, value]) => `${key}=${value}`);
  const gone = [...was.keys()].filter((key) => !is.has(key)).map((key) => `-${key}`);
  return [...changed, ...gone];
}

function textsOf(list: KeyValueList): Map<string, string> {
  return new Map(list.map(([key, value]) => [key, textOf(value) ?? JSON.stringify(value)]));
}

function callTypeText(callType: number): string {
  return nameOf(callTypes, callType);
}

function agentStatusText(status: number): string {
  return nameOf(agentStatuses, status).replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function nameOf(names: Readonly<Record<string, number>>, wanted: number): string {
  return Object.entries(names).find(([, number]) => number === wanted)?.[0] ?? String(wanted);
}
