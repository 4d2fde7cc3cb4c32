// The demonstration: one call is placed, and what was recorded is held against what was sent. Where the lab is the telephony side, it
// goes the whole way: phones, SIP Server, T-Lib, core, media server, recorder.

import { coreControl } from '#cluster/core';
import type { NodeCard } from '#cluster/keeper';
import { replayControl } from '#cluster/replay';
import { coupleText, recordingText } from '#ops/cli';
import type { Lab } from '#ops/lab';
import {
  type DemonstrationProgress,
  type DialogueProgress,
  placeDemonstrationCall,
  placeDialogueCall,
} from '#ops/lab/demonstration';
import { codeOf, TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import { type Couple, findRecordings, type StoredRecording } from '#src/recording';
import type { StartSettings } from './settings.io.ts';

const finishMsMax = 60_000;

/** Places the call and shows the recording; true when every packet sent is in it, nothing is missing, and replay, if one runs here, plays it. */
export async function demonstrate(
  { sip }: NodeCard,
  lab: Lab | undefined,
  settings: StartSettings,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  if (!sip) {
    say('no edge of our own runs here, so no demonstration call is placed');
    return true;
  }
  return lab ? wholeWay(lab, settings, say, signal) : replicated(sip, settings, say, signal);
}

/** From phone to couple, with the lab as telephony side. */
async function wholeWay(
  lab: Lab,
  settings: StartSettings,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const { layout } = settings;
  const { sipServer, mediaServer, directory } = lab;
  const at = ({ address, port }: { address: string; port: number }) => `${address}:${port}`;
  say(
    `lab: SIP Server ${at(sipServer.sip)} with T-Lib on ${sipServer.tlib.port}, media server ${at(mediaServer.sip)}, configuration server on ${directory.endpoint.port}`,
  );
  const watched = await within('the core to watch every DN', () => watches(lab) || undefined);
  if (!watched) return false;
  const couple = (callUuid: string, holds: (one: Couple) => boolean) => async () =>
    (await coreControl.couples(layout.coreSocket)).find((one) => one.callUuid === callUuid && holds(one));
  const result = await placeDialogueCall({
    lab,
    signal,
    progress: (one) => say(dialogueText(one)),
    recorded: async (callUuid) => {
      const isRunning = ({ takes }: Couple) =>
        takes.some((take) => take.phase === 'running' && take.streams.length > 1);
      await within('the core to have the call recorded', couple(callUuid, isRunning));
    },
  });
  const isWhole = ({ phase, takes }: Couple) => phase === 'ended' && takes.some((take) => take.folder !== undefined);
  const made = await within('the couple to be complete', couple(result.callUuid, isWhole));
  say(`\n${coupleText(made)}`);
  const recording = await finishedRecording(layout.recordingsDir, made.recordingId);
  if (!recording) {
    say(`INCOMPLETE: no recording ${made.recordingId}`);
    return false;
  }
  const complete = shown(result, recording, say) && made.problem === 'NO_PROBLEM';
  return (await heard(made, settings, say, signal)) && complete;
}

/** A client has registered every DN of the lab. */
function watches({ sipServer }: Lab): boolean {
  const { dns } = sipServer;
  return sipServer.telephony.clients.some((client) => client.dns.size === dns);
}

/** Straight to the recorder, as a media server replicates a call: the telephony side is somebody else's. */
async function replicated(
  sip: NonNullable<NodeCard['sip']>,
  settings: StartSettings,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const progress = (one: DemonstrationProgress) => say(progressText(one));
  const result = await placeDemonstrationCall({ recorder: sip, progress, signal });
  const recording = await finishedRecording(settings.layout.recordingsDir, result.recordId);
  if (!recording) {
    say(`INCOMPLETE: no recording ${result.recordId} within ${finishMsMax / 1000} s after the call`);
    return false;
  }
  const complete = shown(result, recording, say);
  return (await heard(recording.manifest.facts, settings, say, signal)) && complete;
}

/** Waits until replay plays the conversation, and says so; true where no replay runs, too. Rejects with `start-failed`. */
async function heard(
  { tenant, recordingId }: { readonly tenant: string; readonly recordingId: string },
  { config, layout }: StartSettings,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<boolean> {
  if (config.replay.port === undefined || signal.aborted) return true;
  const made = await within('replay to have the conversation in its catalogue, with its audio', async () => {
    const answer = await replayControl.heard(layout.replaySocket, tenant, recordingId);
    return answer.phase === 'ready' || answer.phase === 'undecodable' ? answer : undefined;
  });
  const { conversation } = made;
  if (made.phase === 'ready') say(`replay     plays conversation ${conversation}\n`);
  else say(`INCOMPLETE: replay cannot play conversation ${conversation}: ${made.why}\n`);
  return made.phase === 'ready';
}

function shown(result: Sent, recording: StoredRecording, say: (text: string) => void): boolean {
  say(`\n${recordingText(recording)}`);
  const { take } = recording.manifest.facts;
  say(`\nlisten     npx twinreel recordings export ${take} --out call.wav`);
  return judged(result, recording, say);
}

/** What was sent, and how the call ended. */
interface Sent {
  readonly packets: number;
  readonly end: string;
}

function judged(result: Sent, { manifest: { facts } }: StoredRecording, say: (text: string) => void): boolean {
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

/** Asks again and again, also when nobody answers; rejects with `start-failed` after a while. */
async function within<Value>(what: string, ask: () => Promise<Value | undefined> | Value | undefined): Promise<Value> {
  const untilMs = systemClock.monotonicMs() + finishMsMax;
  while (systemClock.monotonicMs() < untilMs) {
    const value = await Promise.resolve(ask()).catch(() => undefined);
    if (value !== undefined) return value;
    await new Promise<void>((resolve) => systemClock.after(50, resolve));
  }
  throw new TwinreelError('start-failed', `waited ${finishMsMax / 1000} s in vain for ${what}`);
}

function dialogueText(progress: DialogueProgress): string {
  switch (progress.phase) {
    case 'calling':
      return `calling: ${progress.from} calls ${progress.to}`;
    case 'established':
      return `established: CallUUID ${progress.callUuid}`;
    case 'recorded':
      return 'recorded: the core asked for it, the media server replicates both parties';
    case 'speaking':
      return `speaking: ${(progress.sentMs / 1000).toFixed(0)} of ${(progress.totalMs / 1000).toFixed(0)} s`;
    case 'ended':
      return 'call ended';
  }
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
