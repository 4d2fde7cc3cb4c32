export { Accounts } from './accounts.io.ts';
export { type ApiOptions, buildApi } from './api.io.ts';
export type { ConversationRow, Filters } from './conversation-list.schema.ts';
export { ensureFirstAdmin, type FirstAdmin, readFirstAdmin } from './first-admin.io.ts';
export type { Api } from './parts.protocol.ts';
export type { Audio, AudioStore, ConversationStore, FoundPage, Peaks } from './ports.protocol.ts';
