// A node and a source of calls, for the tests of one file: started once, gone afterwards; and what most of these tests do.

import { afterAll, beforeAll } from 'vitest';
import { type Audio, type MsrCall, type MsrCallOptions, type MsrSource, startMsrSource } from '#ops/lab/msr-source';
import type { StoredRecording } from '#src/recording';
import { type NodeOptions, startNode, type TestNode } from '../harness/node.ts';
import { until } from '../harness/processes.ts';
import { type Heard, hear } from './hearing.ts';

/** What the parties of {@link Stage.call} say unless they are told otherwise. */
export const [agentHz, customerHz] = [440, 1_010];
export const counters = { kind: 'counters' } as const;
export const tone = (frequencyHz: number, durationMs?: number): Audio => ({
  kind: 'tone',
  frequencyHz,
  ...(durationMs === undefined ? {} : { durationMs }),
});

export interface Stage {
  readonly node: TestNode;
  readonly source: MsrSource;
  /** Places a call between an agent and a customer; it may not be answered yet. */
  call(options?: Partial<MsrCallOptions> & { readonly audio?: readonly [Audio, Audio] }): MsrCall;
  /** Hangs up and gives the recording. */
  recorded(call: MsrCall): Promise<StoredRecording>;
  hear(recording: StoredRecording): Promise<Heard>;
}

/** Sets the stage for every test of this file. `options` may first start what the node needs. */
export function setStage(options: NodeOptions | (() => Promise<NodeOptions>) = {}): Stage {
  let node: TestNode | undefined;
  let source: MsrSource | undefined;
  beforeAll(async () => {
    node = await startNode(typeof options === 'function' ? await options() : options);
    source = await startMsrSource({ recorder: node.sip });
  });
  afterAll(async () => {
    await source?.close();
    await node?.stop();
  });
  return {
    get node() {
      return node!;
    },
    get source() {
      return source!;
    },
    call: ({ audio = [tone(agentHz), tone(customerHz)], ...call } = {}) =>
      source!.call({
        form: 'per-party',
        parties: [
          { dn: '7001', audio: audio[0] },
          { dn: '5550142', audio: audio[1] },
        ],
        ...call,
      }),
    async recorded(call) {
      await call.hangUp();
      return node!.recording(call.recordId);
    },
    hear: async (recording) => hear(await node!.export(recording, 'wav')),
  };
}

/** Waits until every call has spoken for so long, in its own time. */
export async function spoken(calls: MsrCall | readonly MsrCall[], ms: number): Promise<void> {
  const all = 'length' in calls ? calls : [calls];
  await Promise.all(all.map(({ answered }) => answered));
  await until(`${ms} ms of every call`, () => all.every(({ positionMs }) => positionMs >= ms));
}

/** Waits for so much more of the call. */
export function spokenOn(call: MsrCall, ms: number): Promise<void> {
  return spoken(call, call.positionMs + ms);
}

/** Stretches of audio without a hole, by the timestamps of the packets: 8 kHz, 20 ms a packet, from the first one on. */
export function spansOf(
  packets: Iterable<{ readonly ssrc: number; readonly timestamp: number }>,
  { ssrc }: { readonly ssrc: number },
): { readonly fromMs: number; readonly toMs: number }[] {
  const ofParty = [...packets].filter((packet) => packet.ssrc === ssrc);
  const spans: { fromMs: number; toMs: number }[] = [];
  for (const { timestamp } of ofParty) {
    const fromMs = ((timestamp - ofParty[0]!.timestamp) >>> 0) / 8;
    const last = spans.at(-1);
    if (last && fromMs === last.toMs) last.toMs = fromMs + 20;
    else spans.push({ fromMs, toMs: fromMs + 20 });
  }
  return spans;
}
