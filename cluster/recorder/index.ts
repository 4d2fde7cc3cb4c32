export { type RecorderCommand, type RecorderReport, recorderControl } from './control.io.ts';
export { type FinishedRecording, finishedRecording } from './finished-recording.ts';
export type { Batch, BatchEnd, FinishingThreadOptions } from './finishing-thread.protocol.ts';
export { type Gates, gatesOf } from './gates.ts';
export type { OrderFact } from './orders.io.ts';
export { Orders } from './orders.io.ts';
export { type ReclaimOptions, reclaimSegments } from './reclaim.io.ts';
export { type Recorder, type RecorderOptions, startRecorder } from './recorder.io.ts';
export { JournaledFacts, type SessionFactsListener } from './session-facts.io.ts';
