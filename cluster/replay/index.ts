export type { Account } from './account.ts';
export { doAudioWork } from './audio-making.io.ts';
export type { AudioWork } from './audio-work.ts';
export { replayControl } from './control.io.ts';
export { loadOpeningKeys, loadSigners } from './key-files.io.ts';
export { Knowledge } from './knowledge.io.ts';
export { conversationsKnownIn } from './known-conversations.io.ts';
export { type Replay, type ReplayOptions, startReplay } from './replay.io.ts';
