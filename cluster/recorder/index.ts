export { type RecorderCommand, type RecorderReport, recorderControl } from './control.io.ts';
export { type ReclaimOptions, reclaimSegments } from './reclaim.io.ts';
export { type Recorder, type RecorderOptions, startRecorder } from './recorder.io.ts';
