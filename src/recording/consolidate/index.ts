export { type Consolidated, Consolidation, consolidate } from './consolidate.ts';
export {
  type Conversation,
  conversationSchema,
  type Participant,
  type Source,
  type TimelineEvent,
  type Track,
} from './conversation.schema.ts';
export { type CouplesTogether, conversationsOf } from './couples-together.ts';
export { type Fact, isLater, keyOf, keysOf, type Merged } from './fact.ts';
export { aliasOfRecording, takeKey } from './names.ts';
export { channelOf } from './participants.ts';
export { factOfSaying, type Saying, sayingsOf } from './sayings.ts';
export { clockDoubtMs, endOf, hasArrived, measureOf, type ToldClock, toldClock } from './sources.ts';
export { type EndedStretch, endedUnion } from './stretch.ts';
