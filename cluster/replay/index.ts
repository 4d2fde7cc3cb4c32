export type { Account } from './account.ts';
export { replayControl } from './control.io.ts';
export { Knowledge } from './knowledge.io.ts';
export { conversationsKnownIn } from './known-conversations.io.ts';
export { type Replay, type ReplayOptions, startReplay } from './replay.io.ts';
