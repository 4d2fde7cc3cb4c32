// From what is known of a take and from its packets, laid out in time, to the facts of its manifest. Pure.

import { segmentId } from '#src/ids';
import { align, type Timeline } from '#src/media/timeline';
import type { ManifestFacts, Problem } from './manifest.schema.ts';
import { numbersIn, partiesOf } from './parties.ts';
import type { Take, TakeStream } from './take.ts';

/** What was found of one stream in the journal. */
export interface FoundStream {
  readonly packets: number;
  readonly bytes: number;
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  readonly timeline: Timeline;
  /** What came from elsewhere than its peer, and is no part of it. */
  readonly keptApart: readonly { readonly source: Source }[];
  /** Where its packets came from without having been signalled to. */
  readonly sources: readonly Source[];
}

interface Source {
  readonly address: string;
  readonly port: number;
}

export interface FoundTake {
  readonly streams: ReadonlyMap<string, FoundStream>;
  readonly copies: ManifestFacts['copies'];
  readonly quarantine: ManifestFacts['quarantine'];
  /** Segments of the capture journal that were cut within the take's range, in words. */
  readonly cuts: readonly string[];
  readonly packetsMin: number;
  readonly isDecodable: (codec: string) => boolean;
}

type StreamFacts = ManifestFacts['streams'][number];

/** The facts of a manifest. */
export function manifestFacts(take: Take, found: FoundTake): ManifestFacts {
  const laidOut = take.streams.filter((one) => found.streams.has(one.stream));
  // As the audio is laid out, so that the manifest says where something is heard.
  const { offsetsMs, lengthMs } = align(laidOut.map((one) => found.streams.get(one.stream)!.timeline));
  const startsMs = new Map(laidOut.map((one, index) => [one.stream, offsetsMs[index]!]));
  const streams = take.streams.map((one) =>
    streamFacts(one, found.streams.get(one.stream), startsMs.get(one.stream) ?? 0),
  );
  return {
    version: 1,
    take: take.take,
    recordingId: take.recordingId,
    tenant: take.tenant,
    node: take.node,
    ...(take.callUuid === undefined ? {} : { callUuid: take.callUuid }),
    ...(take.recordDn === undefined ? {} : { recordDn: take.recordDn }),
    startedMs: take.startedMs,
    endedMs: take.endedMs,
    endReason: take.endReason,
    lengthMs,
    parties: partiesOf(take),
    ...(take.told === undefined ? {} : toldFacts(take.told)),
    dialogs: take.dialogs.map(({ fromTag, ...dialog }) => ({
      ...dialog,
      segment: segmentId({ recordingId: take.recordingId, node: take.node, callId: dialog.callId, fromTag }),
    })),
    streams,
    pauses: [...take.pauses],
    copies: [...found.copies],
    ...(found.quarantine === undefined ? {} : { quarantine: found.quarantine }),
    problems: problemsOf(take, streams, found),
  };
}

function toldFacts({ calls, couples }: NonNullable<Take['told']>): Pick<ManifestFacts, 'calls' | 'couples'> {
  return {
    calls: calls.map((call) => ({ ...call, parties: [...call.parties] })),
    couples: couples.map((couple) => ({ ...couple, parties: [...couple.parties] as [string, string] })),
  };
}

function streamFacts(stream: TakeStream, found: FoundStream | undefined, startMs: number): StreamFacts {
  const timeline = found?.timeline;
  const gaps = timeline?.gaps ?? [];
  return {
    stream: stream.stream,
    dialog: stream.dialog,
    party: stream.party,
    ...(stream.label === undefined ? {} : { label: stream.label }),
    formats: [...stream.formats],
    packets: found?.packets ?? 0,
    bytes: found?.bytes ?? 0,
    lost: gaps.reduce((sum, gap) => sum + gap.packets, 0),
    duplicates: timeline?.counts.duplicates ?? 0,
    paused: stream.paused + (timeline?.counts.paused ?? 0),
    firstMs: found?.firstMs ?? null,
    lastMs: found?.lastMs ?? null,
    startMs,
    lengthMs: timeline?.lengthMs ?? 0,
    gaps: gaps.map((gap) => ({ ...gap })),
    ...(stream.srtp === undefined ? {} : { srtp: { ...stream.srtp } }),
    ...(stream.speakers === undefined ? {} : { speakers: stream.speakers.map((one) => ({ ...one })) }),
    ...(stream.mixed === undefined ? {} : { mixed: stream.mixed }),
    ...(stream.holds === undefined ? {} : { holds: stream.holds.map((one) => ({ ...one })) }),
    endReason: stream.endReason,
  };
}

function problemsOf(take: Take, streams: readonly StreamFacts[], found: FoundTake): Problem[] {
  const heard = new Set(streams.filter((one) => one.packets > 0).flatMap(numbersIn));
  const onHold = new Set(take.streams.filter(wasAlwaysHeld).map((one) => one.stream));
  const problems = streams.flatMap((one) =>
    onHold.has(one.stream) && one.packets === 0 ? [] : streamProblems(one, found),
  );
  if (heard.size < 2) problems.push({ code: 'one-party', detail: `audio of ${heard.size} of 2 parties` });
  for (const cut of found.cuts) problems.push({ code: 'journal-cut', detail: cut });
  for (const detail of take.told?.unreadable ?? []) problems.push({ code: 'metadata-unreadable', detail });
  return problems;
}

/** A stream on hold from beginning to end has nothing to say, and nothing is wrong with that. */
function wasAlwaysHeld({ holds = [], lived }: TakeStream): boolean {
  return lived !== undefined && holds.some((hold) => hold.fromMs <= lived.fromMs && hold.toMs >= lived.toMs);
}

function streamProblems(
  { stream, party, packets, lost, gaps, formats, srtp }: StreamFacts,
  found: FoundTake,
): Problem[] {
  const { packetsMin, isDecodable } = found;
  const problems: Problem[] = [];
  if (packets === 0) problems.push({ code: 'stream-empty', stream, detail: `no packet of ${party}` });
  else if (packets < packetsMin) {
    problems.push({
      code: 'stream-short',
      stream,
      detail: `${packets} packets of ${party}, ${packetsMin} make a stream`,
    });
  }
  if (lost > 0)
    problems.push({ code: 'packets-lost', stream, detail: `${lost} packets of ${party} in ${gaps.length} gaps` });
  if (srtp && srtp.unauthenticated > 0) {
    const detail = `${srtp.unauthenticated} packets to ${party} were not sealed with its key and are no part of it`;
    problems.push({ code: 'packets-unauthenticated', stream, detail });
  }
  const { keptApart = [], sources = [] } = found.streams.get(stream) ?? {};
  if (sources.length > 0) {
    const detail = `packets of ${party} came from ${textOf(sources)}, which was not signalled`;
    problems.push({ code: 'source-unsignalled', stream, detail });
  }
  if (keptApart.length > 0) {
    const from = textOf(keptApart.map((one) => one.source));
    problems.push({
      code: 'foreign-packets',
      stream,
      detail: `${keptApart.length} packets of ${from} are no part of it`,
    });
  }
  const spoken = new Set(found.streams.get(stream)?.timeline.spans.map((span) => span.codec));
  const known = formats.map((format) => format.codec.toUpperCase());
  for (const codec of [...spoken].filter((one) => !isDecodable(one))) {
    problems.push({
      code: 'undecodable',
      stream,
      detail: `${codec} of ${party} cannot be decoded here (offered: ${known.join(', ')})`,
    });
  }
  return problems;
}

function textOf(sources: readonly Source[]): string {
  return [...new Set(sources.map(({ address, port }) => `${address}:${port}`))].join(', ');
}
