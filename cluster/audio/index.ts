export { doAudioWork, mergedName } from './audio-making.io.ts';
export { type Audible, type AudioWork, audioOf } from './audio-work.ts';
export { exportInThread } from './exporting-thread.io.ts';
export type { ExportAnswer, ExportOrder } from './exporting-thread.protocol.ts';
export { loadOpeningKeys, loadSigners } from './key-files.io.ts';
export { originalsOf } from './originals.io.ts';
