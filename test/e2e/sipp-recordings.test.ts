import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Encoder, g722Encoder, pcmaEncoder, pcmuEncoder } from '#src/media/codec';
import { startNode, type TestNode } from '../harness/node.ts';
import { runSippMsr } from '../harness/sipp.ts';
import { toneSamples } from '../harness/tone.ts';
import { type Channel, hear } from './hearing.ts';

const spokenMs = 2_000;
/** Longer than what is said, by what it may take a busy machine to begin: the single form starts a program for it. */
const callMs = { 'per-party': spokenMs + 800, single: spokenMs + 2_000 };
const toleranceMs = 20;
const [agentHz, customerHz] = [440, 1_010];

interface Spoken {
  readonly payloadType: number;
  readonly format: string;
  readonly encoder: () => Encoder;
}

const pcmu: Spoken = { payloadType: 0, format: 'PCMU/8000', encoder: pcmuEncoder };
const pcma: Spoken = { payloadType: 8, format: 'PCMA/8000', encoder: pcmaEncoder };
const g722: Spoken = { payloadType: 9, format: 'G722/8000', encoder: g722Encoder };

let node: TestNode;
beforeAll(async () => {
  node = await startNode();
});
afterAll(() => node.stop());

/** Places one call by SIPp, both parties speaking a tone of their own, and gives its recording. */
async function recorded(form: 'per-party' | 'single', codec: Spoken, recordId: string) {
  const tone = (frequencyHz: number) => {
    const encoder = codec.encoder();
    return encoder.encode(toneSamples(frequencyHz, spokenMs, encoder.sampleRateHz));
  };
  const result = await runSippMsr({
    form,
    target: node.sip,
    recordings: [{ recordId, callUuid: `${recordId.toUpperCase()}0000`, dn: '3556', otherDn: '0412' }],
    codec,
    first: tone(agentHz),
    second: tone(customerHz),
    callMs: callMs[form],
    callsPerSecond: 1_000,
  });
  expect(result).toMatchObject({ exitCode: 0, failed: 0, complaints: '' });
  const recording = await node.recording(recordId);
  return { facts: recording.manifest.facts, heard: hear(await node.export(recording, 'wav')) };
}

/** The tone of this party alone, as long as it was sent. */
function expectVoice(channel: Channel, ownHz: number, otherHz: number): void {
  expect(channel.toMs - channel.fromMs).toBeGreaterThan(spokenMs - toleranceMs);
  expect(channel.toMs - channel.fromMs).toBeLessThan(spokenMs + toleranceMs);
  expect(channel.levelDb(ownHz)).toBeGreaterThan(-8);
  expect(channel.levelDb(otherHz)).toBeLessThan(channel.levelDb(ownHz) - 40);
}

describe('recordings that SIPp asks for, over UDP', () => {
  it.each([
    ['per-party', 'PCMU', pcmu],
    ['single', 'PCMU', pcmu],
    ['per-party', 'PCMA', pcma],
    ['single', 'G722', g722],
  ] as const)(
    'R-SIP-1, R-REC-1, R-REC-8: %s in %s: what was said is heard, on its own channel, as long as it lasted',
    async (form, name, codec) => {
      const { facts, heard } = await recorded(form, codec, `rec-${form}-${name.toLowerCase()}`);
      expectVoice(heard.left, agentHz, customerHz);
      expectVoice(heard.right, customerHz, agentHz);
      expect(heard.left.sampleRateHz).toBe(codec.encoder().sampleRateHz);
      // Both parties together: they need not begin in the same moment.
      const lengthMs = Math.max(heard.left.toMs, heard.right.toMs) - Math.min(heard.left.fromMs, heard.right.fromMs);
      expect(Math.abs(heard.lengthMs - lengthMs)).toBeLessThan(toleranceMs);
      expect(facts).toMatchObject({
        endReason: 'bye',
        problems: [],
        parties: [
          { number: '3556', channel: 'left' },
          { number: '0412', channel: 'right' },
        ],
      });
      expect(facts.streams.map(({ packets, lost, gaps }) => ({ packets, lost, gaps }))).toEqual(
        [1, 2].map(() => ({ packets: spokenMs / 20, lost: 0, gaps: [] })),
      );
      expect(facts.dialogs).toHaveLength(form === 'single' ? 1 : 2);
      for (const { metadata } of facts.dialogs) expect(metadata).toHaveProperty('x-genesys-gvp-session-id');
    },
  );
});
