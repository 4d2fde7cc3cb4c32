// The demonstration: one call is placed, and what was recorded is held against what was sent.

import type { NodeCard } from '#cluster/keeper';
import { recordingText } from '#ops/cli';
import { type DemonstrationProgress, type DemonstrationResult, placeDemonstrationCall } from '#ops/lab/demonstration';
import { codeOf } from '#src/errors';
import { systemClock } from '#src/ports';
import { findRecordings, type StoredRecording } from '#src/recording';
import type { StartSettings } from './settings.io.ts';

const finishMsMax = 15_000;

/** Places the call and shows the recording; true when every packet sent is in it and nothing is missing. */
export async function demonstrate(
  { sip }: NodeCard,
  { layout }: StartSettings,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  if (!sip) {
    say('no edge of our own runs here, so no demonstration call is placed');
    return true;
  }
  const progress = (one: DemonstrationProgress) => say(progressText(one));
  const result = await placeDemonstrationCall({ recorder: sip, progress, signal });
  const recording = await finishedRecording(layout.recordingsDir, result.recordId);
  if (!recording) {
    say(`INCOMPLETE: no recording ${result.recordId} within ${finishMsMax / 1000} s after the call`);
    return false;
  }
  say(`\n${recordingText(recording)}`);
  const { take } = recording.manifest.facts;
  say(`\nlisten     npx twinreel recordings export ${take} --out call.wav`);
  return judged(result, recording, say);
}

function judged(
  result: DemonstrationResult,
  { manifest: { facts } }: StoredRecording,
  say: (text: string) => void,
): boolean {
  const recorded = facts.streams.reduce((sum, stream) => sum + stream.packets, 0);
  const gaps = facts.streams.reduce((sum, stream) => sum + stream.gaps.length, 0);
  const complete = result.end === 'hung-up' && recorded === result.packets && facts.problems.length === 0;
  say(
    `${complete ? 'complete' : 'INCOMPLETE'}   ${recorded} of ${result.packets} packets sent are recorded, ${gaps} gaps\n`,
  );
  return complete;
}

async function finishedRecording(recordingsDir: string, id: string): Promise<StoredRecording | undefined> {
  const untilMs = systemClock.monotonicMs() + finishMsMax;
  while (systemClock.monotonicMs() < untilMs) {
    try {
      return (await findRecordings(recordingsDir, id))[0];
    } catch (error) {
      if (codeOf(error) !== 'recording-unknown') throw error;
      await new Promise<void>((resolve) => systemClock.after(100, resolve));
    }
  }
  return undefined;
}

function progressText(progress: DemonstrationProgress): string {
  switch (progress.phase) {
    case 'inviting':
      return `calling: recording ${progress.recordId}, CallUUID ${progress.callUuid}`;
    case 'answered':
      return 'answered: both parties are replicated to the recorder';
    case 'speaking':
      return `speaking: ${(progress.sentMs / 1000).toFixed(0)} of ${(progress.totalMs / 1000).toFixed(0)} s`;
    case 'ended':
      return `call ended: ${progress.end}`;
  }
}
