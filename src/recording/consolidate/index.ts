export {
  type Conversation,
  conversationSchema,
  type Participant,
  type Source,
  type TimelineEvent,
  type Track,
} from './conversation.schema.ts';
