export { Accounts } from './accounts.io.ts';
export { type ApiOptions, buildApi } from './api.io.ts';
export type {
  ConversationReply,
  NewShareReply,
  SearchesReply,
  SessionReply,
  SharedReply,
  SharesReply,
} from './api.schema.ts';
export { Audit } from './audit.io.ts';
export { CatalogueStore } from './catalogue-store.io.ts';
export type { ConversationRow, Filters, FoundPageReply } from './conversation-list.schema.ts';
export { ensureFirstAdmin, type FirstAdmin, readFirstAdmin } from './first-admin.io.ts';
export { ApiMetrics } from './metrics.ts';
export type { Api } from './parts.protocol.ts';
export type {
  Audio,
  AudioStore,
  ConversationStore,
  Entry,
  FoundPage,
  OriginalFile,
  OriginalKind,
  Peaks,
} from './ports.protocol.ts';
