export { Copy, type CopyName } from './copy.ts';
export { timelineOf } from './laid-out.ts';
export { type MergePlan, mergedOf, type PlannedTrack, planMerge } from './merge.ts';
export { packetsOf, type ReadCopy } from './packets.ts';
export { type MergedRecording, type ReadMergedOptions, readMerged } from './read-merged.io.ts';
