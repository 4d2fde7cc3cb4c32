// What cores and recorders tell of one call, by its number: two cores see it, two recorders record it, its copies are merged.

import type { ManifestFacts } from '#src/recording';
import type { Fact } from '#src/recording/consolidate';

const beganMs = Date.UTC(2026, 0, 5);
const nodes = ['n0', 'n1'];

/** The words of both cores first. */
export function factsOfCall(number: number): Fact[] {
  const startedMs = beganMs + number * 1_000;
  const takes = nodes.map((node) => `T${number}-${node}`);
  const parties = [`0420${number}`, `35${number % 1_000}`] as const;
  const words = ['core-1', 'core-2'].map(
    (writer): Fact => ({
      type: 'couple',
      writer: `${writer}/core/1`,
      offset: number * 10,
      couple: {
        sid: `S${number}`,
        tenant: 'acme',
        switch: 'sip-1',
        callUuid: `C${number}`,
        connIds: [`0078${number}`],
        recordingId: `R${number}`,
        dn: parties[1],
        otherDn: parties[0],
        callType: 'inbound',
        agentId: `a${number % 1_000}`,
        phase: 'ended',
        startedMs,
        establishedMs: startedMs + 4_000,
        endedMs: startedMs + 180_000,
        holds: [{ fromMs: startedMs + 60_000, toMs: startedMs + 70_000 }],
        request: { by: 'rule', phase: 'accepted', why: 'rule all' },
        status: { n: 6, atMs: startedMs, audio: 'no-longer-recording', video: 'not-recording' },
        standing: 'recording',
        problem: 'NO_PROBLEM',
        takes: takes.map((take, copy) => ({
          take,
          node: nodes[copy]!,
          phase: 'finished',
          streams: parties.map((party) => ({ party, packets: 9_000 })),
          pauses: [],
          folder: `2026-01-05/${take}`,
        })),
        externalData: { GEN_TLIB_CallUuid: `C${number}`, GEN_USR_Segment: 'gold', GEN_USR_Ticket: `T-${number}` },
      },
    }),
  );
  const manifests = takes.map(
    (take, copy): Fact => ({
      type: 'manifest',
      manifest: manifestOf(number, take, nodes[copy]!, startedMs, parties),
    }),
  );
  const merged: Fact = {
    type: 'merged',
    tenant: 'acme',
    merged: {
      takes,
      measure: takes[0]!,
      clocks: takes.map((take) => ({ take, clock: { offsetMs: 0, plusMinusMs: 1, by: 'packets' } })),
      audio: { startedMs, lengthMs: 180_000 },
      tracks: parties.map((party) => ({ party, channel: 'right', supplied: [], packets: 9_000, gaps: [] })),
      leaked: [],
    },
  };
  return [
    ...words,
    ...manifests,
    merged,
    { type: 'audio', tenant: 'acme', name: `${number}`.padStart(64, '0'), takes },
  ];
}

function manifestOf(
  number: number,
  take: string,
  node: string,
  startedMs: number,
  parties: readonly [string, string],
): ManifestFacts {
  const formats = [{ payloadType: 8, codec: 'PCMA', clockRateHz: 8_000, channels: 1 }];
  return {
    version: 1,
    take,
    recordingId: `R${number}`,
    tenant: 'acme',
    node,
    callUuid: `C${number}`,
    recordDn: parties[1],
    startedMs,
    endedMs: startedMs + 180_000,
    endReason: 'bye',
    lengthMs: 180_000,
    parties: [
      { number: parties[0], channel: 'left' },
      { number: parties[1], channel: 'right' },
    ],
    dialogs: [],
    streams: parties.map((party, index) => ({
      stream: `${take}-${index}`,
      dialog: `${take}-${index}`,
      party,
      formats,
      packets: 9_000,
      bytes: 1_548_000,
      lost: 0,
      duplicates: 0,
      paused: 0,
      firstMs: startedMs,
      lastMs: startedMs + 180_000,
      startMs: 0,
      lengthMs: 180_000,
      gaps: [],
      endReason: 'bye',
    })),
    pauses: [],
    copies: [],
    problems: [],
  };
}
