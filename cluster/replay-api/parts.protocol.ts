// What the API is made of: ports, and what was decided about it.

import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { Clock, Random } from '#src/ports';
import type { AccountStore } from './account-store.protocol.ts';
import type { Audit } from './audit.io.ts';
import type { ApiMetrics } from './metrics.ts';
import type { Passwords } from './passwords.io.ts';
import type { AudioStore, ConversationStore } from './ports.protocol.ts';

export interface ApiParts {
  readonly conversations: ConversationStore;
  readonly audio: AudioStore;
  readonly accounts: AccountStore;
  readonly audit: Audit;
  readonly passwords: Passwords;
  readonly metrics: ApiMetrics;
  readonly clock: Clock;
  readonly random: Random;
  /** True where browsers come over TLS: cookies then go nowhere else. */
  readonly isSecure: boolean;
}

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression<RawServerDefault>,
  RawReplyDefaultExpression<RawServerDefault>,
  FastifyBaseLogger,
  ZodTypeProvider
>;
