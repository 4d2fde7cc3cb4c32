import { describe, expect, it } from 'vitest';
import { segmentId } from '#src/ids';
import { buildRtp } from '#src/media';
import { TimelineBuilder } from '#src/media/timeline';
import type { Take, TakeStream } from '#src/recording';
import { type FoundStream, type FoundTake, manifestFacts } from '../../../src/recording/facts.ts';

const at = { segment: 's', block: 0, offset: 0 };
const format = { payloadType: 0, codec: 'PCMU', clockRateHz: 8_000, channels: 1 };

function stream(name: string, party: string, more: Partial<TakeStream> = {}): TakeStream {
  const basic = { stream: name, dialog: 'd', party, formats: [format], from: at, to: at, paused: 0, endReason: 'bye' };
  return { ...basic, ...more };
}

function take(streams: readonly TakeStream[]): Take {
  return {
    take: 'k',
    recordingId: 'r',
    tenant: 'acme',
    node: 'n1',
    startedMs: 1_000,
    endedMs: 5_000,
    endReason: 'bye',
    dialogs: [
      {
        dialog: 'd',
        callId: 'c',
        fromTag: 't',
        source: 'udp/h:1',
        invitedMs: 1_000,
        endedMs: 5_000,
        endReason: 'bye',
        metadata: { agent: 'Ada' },
      },
    ],
    streams,
    pauses: [],
  };
}

/** What was found of a stream: 20 ms packets of PCMU from `firstMs` on, `pace` times as fast as they were spoken. */
function found(packets: number, firstMs = 1_000, payloadType = 0, pace = 1): FoundStream {
  const payloads = new Map([[payloadType, { codec: payloadType === 0 ? 'PCMU' : 'G729', clockRateHz: 8_000 }]]);
  const builder = new TimelineBuilder({ payloads, pauses: [] });
  for (let sequence = 0; sequence < packets; sequence += 1) {
    const bytes = buildRtp({ payloadType, sequence, timestamp: sequence * 160, ssrc: 1 }, Buffer.alloc(160));
    builder.add({ arrivalUs: (firstMs + (sequence * 20) / pace) * 1_000, bytes });
  }
  const lastMs = packets > 0 ? firstMs + (packets - 1) * 20 : null;
  return {
    packets,
    bytes: packets * 172,
    firstMs: packets > 0 ? firstMs : null,
    lastMs,
    timeline: builder.finish(),
    keptApart: [],
    sources: [],
  };
}

function factsOf(streams: readonly (readonly [TakeStream, FoundStream | undefined])[], more: Partial<FoundTake> = {}) {
  const known = streams.flatMap(([one, what]) => (what ? [[one.stream, what] as const] : []));
  return manifestFacts(take(streams.map(([one]) => one)), {
    streams: new Map(known),
    copies: [],
    quarantine: undefined,
    cuts: [],
    packetsMin: 40,
    isDecodable: (codec) => codec === 'PCMU',
    ...more,
  });
}

describe('the facts of a manifest', () => {
  it('R-REC-8: places each stream on one timeline that begins with the first packet of any', () => {
    const facts = factsOf([
      [stream('x', '3556'), found(50, 1_500)],
      [stream('y', '0412'), found(100, 1_200)],
    ]);
    expect(facts.streams).toMatchObject([
      { stream: 'x', startMs: 300, lengthMs: 1_000, firstMs: 1_500, lastMs: 2_480 },
      { stream: 'y', startMs: 0, lengthMs: 2_000 },
    ]);
    expect(facts.lengthMs).toBe(2_000);
  });

  it('R-REC-3: streams faster than real time are as far apart, and the recording as long, as it was spoken', () => {
    const facts = factsOf([
      [stream('x', '3556'), found(400, 1_000, 0, 4)],
      [stream('y', '0412'), found(400, 1_500, 0, 4)],
    ]);
    const second = facts.streams[1]!.startMs;
    expect(Math.abs(second - 2_000)).toBeLessThan(20);
    expect(facts).toMatchObject({ lengthMs: 8_000 + second, streams: [{ startMs: 0, lengthMs: 8_000 }, {}] });
  });

  it('R-REC-8: names the segment of each dialog; the tag that is in the name stands nowhere else', () => {
    const segment = segmentId({ recordingId: 'r', node: 'n1', callId: 'c', fromTag: 't' });
    const [dialog] = factsOf([]).dialogs;
    expect(dialog).toMatchObject({ dialog: 'd', callId: 'c', segment, metadata: { agent: 'Ada' } });
    expect(dialog).not.toHaveProperty('fromTag');
  });

  it('R-REC-6: counts what the pause gate dropped', () => {
    expect(factsOf([[stream('x', '1', { paused: 7 }), found(50)]]).streams).toMatchObject([{ paused: 7 }]);
  });

  it('R-REC-8: a recording of nothing has length 0 and says what is missing', () => {
    const facts = factsOf([
      [stream('x', '1'), found(0)],
      [stream('y', '2'), undefined],
    ]);
    expect(facts).toMatchObject({
      lengthMs: 0,
      streams: [
        { packets: 0, firstMs: null, lastMs: null, startMs: 0, lengthMs: 0, gaps: [] },
        { packets: 0, firstMs: null },
      ],
      problems: [
        { code: 'stream-empty', stream: 'x', detail: 'no packet of 1' },
        { code: 'stream-empty', stream: 'y', detail: 'no packet of 2' },
        { code: 'one-party', detail: 'audio of 0 of 2 parties' },
      ],
    });
  });

  it.each([
    [39, [{ code: 'stream-short', stream: 'x', detail: '39 packets of 1, 40 make a stream' }]],
    [40, []],
  ])('R-REC-2: %i packets of at least 40', (packets, problems) => {
    const facts = factsOf([
      [stream('x', '1'), found(packets)],
      [stream('y', '2'), found(50)],
    ]);
    expect(facts.problems).toEqual(problems);
  });

  it('R-REC-1: a codec that was spoken and cannot be decoded here is named, with what was offered', () => {
    const formats = [{ payloadType: 18, codec: 'g729', clockRateHz: 8_000, channels: 1 }];
    const facts = factsOf([
      [stream('x', '1', { formats }), found(50, 1_000, 18)],
      [stream('y', '2'), found(50)],
    ]);
    const detail = 'G729 of 1 cannot be decoded here (offered: G729)';
    expect(facts.problems).toEqual([{ code: 'undecodable', stream: 'x', detail }]);
  });

  it('R-REC-5: each cut of the journal is told', () => {
    const facts = factsOf([], { cuts: ['s was cut at byte 7: digest'] });
    expect(facts.problems.at(-1)).toEqual({ code: 'journal-cut', detail: 's was cut at byte 7: digest' });
  });
});
