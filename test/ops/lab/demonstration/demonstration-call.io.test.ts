import { afterEach, describe, expect, it } from 'vitest';
import { type DemonstrationProgress, placeDemonstrationCall } from '#ops/lab/demonstration';
import { compareLedger } from '#ops/lab/msr-source';
import { pcmuDecoder } from '#src/media/codec';
import { type Answerer, type AnswererOptions, startAnswerer } from '../../../harness/answerer.ts';
import { until } from '../../../harness/processes.ts';

let answerer: Answerer | undefined;
afterEach(async () => {
  await answerer?.close();
  answerer = undefined;
});

async function answering(options?: AnswererOptions): Promise<Answerer> {
  answerer = await startAnswerer(options);
  return answerer;
}

describe('demonstration-call', () => {
  it('R-SIP-1: two INVITEs of one recording, and every packet of the dialogue arrives', async () => {
    const recorder = await answering();
    const progress: DemonstrationProgress[] = [];
    const result = await placeDemonstrationCall({ recorder, progress: (one) => progress.push(one) });
    expect(result.end).toBe('hung-up');
    expect(result.totalMs).toBeGreaterThan(12_000);
    expect(result.packets).toBe((2 * result.totalMs) / 20);
    expect(result.parties.map(({ role, packets }) => [role, packets])).toEqual([
      ['agent', result.totalMs / 20],
      ['caller', result.totalMs / 20],
    ]);
    const calls = recorder.calls.sort((a, b) => b.dn!.localeCompare(a.dn!));
    expect(calls.map(({ dn }) => dn)).toEqual(['7001', '5550142']);
    const packets = calls.flatMap(({ heard }) => heard[0]!.packets);
    expect(compareLedger(result.sent, packets)).toMatchObject({ sent: result.packets, missing: 0, extra: 0 });
    const decoder = pcmuDecoder();
    for (const { heard } of calls) {
      const loudest = Math.max(...heard[0]!.packets.map(({ payload }) => Math.max(...decoder.decode(payload))));
      expect(loudest).toBeGreaterThan(8_000);
    }
    expect(progress.slice(0, 2).map(({ phase }) => phase)).toEqual(['inviting', 'answered']);
    expect(progress.at(-1)).toEqual({ phase: 'ended', end: 'hung-up' });
    const speaking = progress.flatMap((one) => (one.phase === 'speaking' ? [one.sentMs] : []));
    expect(speaking.length).toBeGreaterThan(5);
    expect(speaking).toEqual([...speaking].sort((a, b) => a - b));
  });

  it('ends in order when it is aborted, ringing or speaking', async () => {
    const abort = new AbortController();
    const progress = ({ phase }: DemonstrationProgress) => {
      if (phase === 'speaking') abort.abort();
    };
    const spoken = await placeDemonstrationCall({ recorder: await answering(), progress, signal: abort.signal });
    expect(spoken.end).toBe('aborted');
    expect(spoken.packets).toBeGreaterThan(0);
    await answerer!.close();

    const ringing = await answering({ ringUntil: new Promise(() => {}) });
    const cancelled = await placeDemonstrationCall({ recorder: ringing, signal: AbortSignal.abort() });
    expect(cancelled).toMatchObject({ end: 'aborted', packets: 0, sent: [] });
    await until('the recorder to know', () => ringing.cancelled === 2);
  });

  it('says so when the recorder refuses, or hangs up before the last word', async () => {
    const refusing = await answering({ refuse: () => 503 });
    await expect(placeDemonstrationCall({ recorder: refusing })).rejects.toMatchObject({
      code: 'msr-call-refused',
      details: { status: 503 },
    });
    await refusing.close();

    const recorder = await answering();
    const progress = ({ phase }: DemonstrationProgress) => {
      if (phase === 'speaking') for (const call of recorder.calls) if (call.phase === 'up') void call.hangUp();
    };
    expect((await placeDemonstrationCall({ recorder, progress })).end).toBe('hung-up-by-recorder');
  });
});
