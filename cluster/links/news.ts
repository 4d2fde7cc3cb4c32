// From the state of a recording session to what cores are told of it. Pure.

import { type SessionState, toldOf } from '#actors/session';
import type { SessionNews } from '#src/recording';

/** Calls and couples of a client's metadata that are told; a recording session of many days may have more. */
const callsMax = 256;

/** All that is known of a session now, and what its node says of itself. */
export function newsOf(state: SessionState, tags: Readonly<Record<string, string>>): SessionNews {
  const dialogs = [...state.dialogs.values()];
  const { msr } = (dialogs.find(({ phase }) => phase !== 'ended') ?? dialogs[0]!).invite;
  return {
    take: state.take,
    recordingId: state.recordingId,
    tenant: state.tenant,
    node: state.node,
    form: dialogs.some(({ invite }) => invite.siprec) ? 'siprec' : 'msr',
    phase: state.phase,
    ...(msr.callUuid === undefined ? {} : { callUuid: msr.callUuid }),
    ...(msr.recordDn === undefined ? {} : { recordDn: msr.recordDn }),
    startedMs: state.startedMs,
    ...(state.endedMs === undefined ? {} : { endedMs: state.endedMs }),
    ...(state.endReason === undefined ? {} : { endReason: state.endReason }),
    // Not before capture has said so: whoever sees it may begin to say what nobody is to keep.
    paused: state.pauseBy !== undefined && state.pauses.some(({ toMs }) => toMs === undefined),
    pauses: state.pauses.map(({ orders, ...pause }) => ({ ...pause, ...(orders && { orders: [...orders] }) })),
    dialogs: [...state.dialogs].map(([dialog, known]) => dialogNews(dialog, known)),
    streams: [...state.streams].map(([stream, known]) => streamNews(stream, known, state.packets?.[stream])),
    ...toldNews(state),
    ...(Object.keys(tags).length === 0 ? {} : { tags: { ...tags } }),
    ...(state.folder === undefined ? {} : { folder: state.folder }),
  };
}

function toldNews(state: SessionState): Pick<SessionNews, 'told'> {
  const told = toldOf(state, state.endedMs ?? Number.POSITIVE_INFINITY);
  if (!told) return {};
  const { parties, calls, couples } = told;
  return {
    told: {
      parties: parties.map((one) => ({ ...one })),
      calls: calls.slice(0, callsMax).map((call) => ({ ...call, parties: [...call.parties], ...lasting(call) })),
      couples: couples
        .slice(0, callsMax)
        .map((couple) => ({ ...couple, parties: [...couple.parties], ...lasting(couple) })),
    },
  };
}

/** What lasts has no end. */
function lasting({ fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }) {
  return { fromMs, toMs: Number.isFinite(toMs) ? toMs : undefined };
}

type Known<Of> = Of extends ReadonlyMap<string, infer Value> ? Value : never;

function dialogNews(
  dialog: string,
  { invite, phase, invitedMs, endedMs, endReason }: Known<SessionState['dialogs']>,
): SessionNews['dialogs'][number] {
  const { callId, fromTag, source, msr } = invite;
  return {
    dialog,
    callId,
    fromTag,
    phase,
    ...(msr.dn === undefined ? {} : { dn: msr.dn }),
    ...(msr.otherDn === undefined ? {} : { otherDn: msr.otherDn }),
    ...(msr.recordDn === undefined ? {} : { recordDn: msr.recordDn }),
    source,
    invitedMs,
    ...(endedMs === undefined ? {} : { endedMs }),
    ...(endReason === undefined ? {} : { endReason }),
    metadata: { ...msr.metadata },
  };
}

function streamNews(
  stream: string,
  { wanted, dialog, phase, closed, endReason }: Known<SessionState['streams']>,
  /** What is in the recording goes before what capture counted: finishing takes in what turned out to be the peer's. */
  packets = closed?.counters.packets,
): SessionNews['streams'][number] {
  return {
    stream,
    dialog,
    party: wanted.party,
    ...(wanted.label === undefined ? {} : { label: wanted.label }),
    phase,
    codecs: [...new Set(wanted.formats.map((format) => format.codec))],
    ...(packets === undefined ? {} : { packets }),
    ...(endReason === undefined ? {} : { endReason }),
  };
}
