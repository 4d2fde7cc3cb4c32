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
export { type Fact, isLater, keyOf, type Merged, namesOf } from './fact.ts';
export { channelOf } from './participants.ts';
export { clockDoubtMs, endOf, measureOf, type ToldClock, toldClock } from './sources.ts';
export { type EndedStretch, endedUnion } from './stretch.ts';
