// What it costs to make one conversation of two copies: an hour of two voices, each copy with losses of its own, from packets in memory.
// Once as both recorders got the same packets, once as the media server numbered them anew for each. And facts of cores put together.

import { cpuUsage } from 'node:process';
import { buildRtp } from '#src/media';
import type { ArrivedPacket } from '#src/media/timeline';
import { seededRandom } from '#src/ports';
import type { Couple, ManifestFacts } from '#src/recording';
import { consolidate, type Fact } from '#src/recording/consolidate';
import { Copy, mergedOf, planMerge, timelineOf } from '#src/recording/merge';
import type { Bench } from './bench.ts';

const seconds = 3_600;
const packetsPerSecond = 50;
const parties = ['0170', '3551'];
const lossShare = 0.01;
const skewMs = 30_000;
const callsTotal = 2_000;
const beganMs = Date.UTC(2026, 0, 5);

export const merge: Bench = {
  name: 'merge',
  about: `${seconds} s of ${parties.length} voices in 2 copies, ${100 * lossShare} % lost in each, clocks ${skewMs / 1000} s apart`,
  goals: () => [
    { figure: 'timesRealTime', atLeast: 1_000 },
    { figure: 'timesRealTimeNumberedAnew', atLeast: 1_000 },
  ],
  async run({ say }) {
    const same = await measured(false);
    say(`${same.packets} packets were taken, ${same.merged} are in the tracks, ${same.missing} in no copy`);
    const anew = await measured(true);
    return {
      timesRealTime: Math.round(seconds / same.cpuS),
      nsPerPacket: Math.round((1e9 * same.cpuS) / same.packets),
      nsPerPacketToCompare: Math.round((1e9 * same.compareS) / same.packets),
      timesRealTimeNumberedAnew: Math.round(seconds / anew.cpuS),
      nsPerPacketNumberedAnew: Math.round((1e9 * anew.cpuS) / anew.packets),
      packets: same.packets,
      missingInBoth: same.missing,
      usPerFact: usPerFact(),
    };
  },
};

interface Measured {
  readonly cpuS: number;
  /** The part of it that finds out which packets are the same, and when they came. */
  readonly compareS: number;
  readonly packets: number;
  readonly merged: number;
  readonly missing: number;
}

async function measured(isNumberedAnew: boolean): Promise<Measured> {
  const random = seededRandom(7);
  const voices = parties.map((_, voice) => sent(voice));
  const got = ['n0', 'n1'].flatMap((node, copy) =>
    parties.map((party, voice) => {
      const packets = voices[voice]!.flatMap((bytes, n): ArrivedPacket[] => {
        if (random.fraction() < lossShare) return [];
        const arrivalUs =
          (beganMs + (1_000 / packetsPerSecond) * n + copy * skewMs) * 1_000 + Math.floor(3_000 * random.fraction());
        return [{ arrivalUs, bytes: isNumberedAnew && copy === 1 ? numberedAnew(bytes) : bytes }];
      });
      return { take: node, node, party, packets };
    }),
  );
  const began = cpuS();
  const read = new Map<Copy, readonly ArrivedPacket[]>();
  for (const { take, node, party, packets } of got) {
    const copy = new Copy({
      take,
      node,
      stream: `${take}-${party}`,
      party,
      payloads: new Map(),
      pauses: [],
      holds: [],
    });
    for (const packet of packets) copy.add(packet);
    read.set(copy, packets);
  }
  const plan = planMerge(manifests(), [...read.keys()])!;
  const compareS = cpuS() - began;
  const timelines = plan.tracks.map(timelineOf);
  const { tracks } = mergedOf(plan, timelines)!;
  const total = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0);
  return {
    cpuS: cpuS() - began,
    compareS,
    packets: total(got.map(({ packets }) => packets.length)),
    merged: total(tracks.map(({ packets }) => packets)),
    missing: total(tracks.flatMap(({ gaps }) => gaps.map(({ packets }) => packets))),
  };
}

/** A minute of speech-like payloads, silence in a third of it. */
function sent(voice: number): Buffer[] {
  const random = seededRandom(voice + 1);
  return Array.from({ length: seconds * packetsPerSecond }, (_, n) => {
    const payload = Buffer.alloc(160, 0xd5);
    if (n % 150 < 100)
      for (let at = 0; at < 160; at += 4) payload.writeUInt32LE(Math.floor(random.fraction() * 2 ** 32), at);
    return buildRtp({ payloadType: 8, ssrc: voice + 1, sequence: n + 60_000, timestamp: 160 * n }, payload);
  });
}

function numberedAnew(bytes: Buffer): Buffer {
  const anew = Buffer.from(bytes);
  anew.writeUInt16BE((bytes.readUInt16BE(2) + 4_711) & 0xffff, 2);
  anew.writeUInt32BE((bytes.readUInt32BE(4) + 47_110_815) >>> 0, 4);
  anew.writeUInt32BE(bytes.readUInt32BE(8) + 100, 8);
  return anew;
}

function manifests(): ManifestFacts[] {
  return ['n0', 'n1'].map((node, copy) => ({
    version: 1,
    take: node,
    recordingId: 'r',
    tenant: 'acme',
    node,
    startedMs: beganMs + copy * skewMs,
    endedMs: beganMs + copy * skewMs + 1_000 * seconds,
    endReason: 'bye',
    lengthMs: 1_000 * seconds,
    parties: [],
    dialogs: [],
    streams: parties.map((party) => ({
      stream: `${node}-${party}`,
      dialog: node,
      party,
      formats: [],
      packets: seconds * packetsPerSecond,
      bytes: 0,
      lost: 0,
      duplicates: 0,
      paused: 0,
      firstMs: null,
      lastMs: null,
      startMs: 0,
      lengthMs: 1_000 * seconds,
      gaps: [],
      endReason: 'bye',
    })),
    pauses: [],
    copies: [],
    problems: [],
  }));
}

/** Two cores tell five times of each call. */
function usPerFact(): number {
  const facts = Array.from({ length: callsTotal }, (_, n) => n).flatMap((n) =>
    Array.from({ length: 10 }, (_, word): Fact => {
      return { type: 'couple', writer: `core-${word % 2}`, offset: 10 * n + word, couple: couple(n, word) };
    }),
  );
  const began = cpuS();
  consolidate(facts);
  return Number(((1e6 * (cpuS() - began)) / facts.length).toFixed(1));
}

function couple(n: number, word: number): Couple {
  const startedMs = beganMs + 1_000 * n;
  return {
    sid: `S${n}`,
    tenant: 'acme',
    callUuid: `C${n}`,
    connIds: [`0${n}`],
    recordingId: `R${n}`,
    dn: `355${n % 100}`,
    otherDn: '0170',
    callType: 'inbound',
    phase: word > 7 ? 'ended' : 'talking',
    startedMs,
    establishedMs: startedMs + 5_000,
    ...(word > 7 && { endedMs: startedMs + 180_000 }),
    holds: [],
    request: { by: 'rule', phase: 'accepted', why: 'everything' },
    standing: 'recording',
    problem: 'NO_PROBLEM',
    takes: [{ take: `T${n}`, node: 'n0', phase: 'running', streams: [], pauses: [] }],
    externalData: { GEN_TLIB_CallUuid: `C${n}`, GEN_TLIB_ConnID: `0${n}`, GEN_USR_Segment: 'gold' },
  };
}

function cpuS(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1e6;
}
