// Links to one conversation for somebody without an account: until they expire, and no longer than a month. The token of a link is told
// once and never kept.

import type { FastifyRequest } from 'fastify';
import { TwinreelError } from '#src/errors';
import type { Conversation } from '#src/recording/consolidate';
import type { Share } from './account.schema.ts';
import { audited, callerOf, may, viewOf } from './admission.ts';
import {
  conversationParamsSchema,
  newShareReplySchema,
  newShareSchema,
  peaksSchema,
  problemSchema,
  sharedReplySchema,
  shareParamsSchema,
  sharesReplySchema,
  tokenParamsSchema,
} from './api.schema.ts';
import { peaksFor, sendAudio } from './audio.ts';
import type { AuditEntry } from './audit.schema.ts';
import { heard } from './conversations.ts';
import type { Api, ApiParts } from './parts.protocol.ts';
import { TenantView } from './tenant-view.ts';
import { digestOf, newToken } from './token.ts';

const hourMs = 3_600_000;

/** Below `/api/tenants/:tenant`: who may share makes links and ends them. */
export function shareRoutes(api: Api, { accounts, audit, clock, random }: ApiParts): void {
  const tags = ['sharing'];
  const preHandler = may('share');

  api.post(
    '/conversations/:conversation/shares',
    {
      schema: {
        tags,
        params: conversationParamsSchema,
        body: newShareSchema,
        response: { 200: newShareReplySchema, '4xx': problemSchema },
      },
      preHandler,
    },
    async (request) => {
      const { tenant, conversation } = await viewOf(request).conversation(request.params.conversation);
      const token = newToken(random);
      const share = digestOf(token);
      const createdMs = clock.nowMs();
      const expiresMs = createdMs + request.body.hours * hourMs;
      const by = callerOf(request).user;
      await audit.record({ verb: 'shared', ...audited(request), tenant, conversation, detail: nameOf(share) });
      await accounts.putShare(share, { tenant, conversation, by, createdMs, expiresMs });
      return { share, by, createdMs, expiresMs, path: `/shared/${token}` };
    },
  );

  api.get(
    '/conversations/:conversation/shares',
    {
      schema: { tags, params: conversationParamsSchema, response: { 200: sharesReplySchema, '4xx': problemSchema } },
      preHandler,
    },
    async (request) => ({ shares: await sharesHere(request, request.params.conversation) }),
  );

  api.delete(
    '/conversations/:conversation/shares/:share',
    {
      schema: { tags, params: shareParamsSchema, response: { 200: sharesReplySchema, '4xx': problemSchema } },
      preHandler,
    },
    async (request) => {
      const { conversation, share } = request.params;
      if (!(await sharesHere(request, conversation)).some((one) => one.share === share))
        throw new TwinreelError('nothing-here', 'there is no such link');
      const { tenant } = viewOf(request);
      await audit.record({ verb: 'share-ended', ...audited(request), tenant, conversation, detail: nameOf(share) });
      await accounts.endShare(share);
      return { shares: await sharesHere(request, conversation) };
    },
  );

  async function sharesHere(request: FastifyRequest, name: string) {
    const view = viewOf(request);
    const { aliases, conversation } = await view.conversation(name);
    return [...(await accounts.sharesOf(view.tenant, [conversation, ...aliases]))];
  }
}

/** For whoever has the link. */
export function sharedRoutes(api: Api, parts: ApiParts): void {
  const { accounts, audit, conversations, audio } = parts;
  const tags = ['sharing'];

  api.get(
    '/api/shared/:token',
    { schema: { tags, params: tokenParamsSchema, response: { 200: sharedReplySchema, '4xx': problemSchema } } },
    async (request) => {
      const { share, who, view, conversation } = await shared(request, request.params.token);
      await audit.record({ verb: 'viewed', ...who, tenant: share.tenant, conversation: conversation.conversation });
      return { conversation, audio: heard(await view.audio(conversation)), expiresMs: share.expiresMs };
    },
  );

  api.get('/api/shared/:token/audio', { schema: { tags, params: tokenParamsSchema } }, async (request, reply) => {
    const { who, view, conversation } = await shared(request, request.params.token);
    return sendAudio(parts, request, reply, view, conversation, who);
  });

  api.get(
    '/api/shared/:token/peaks',
    { schema: { tags, params: tokenParamsSchema, response: { 200: peaksSchema, '4xx': problemSchema } } },
    async (request) => {
      const { view, conversation } = await shared(request, request.params.token);
      return peaksFor(view, conversation);
    },
  );

  async function shared(request: FastifyRequest, token: string): Promise<Shared> {
    const digest = digestOf(token);
    const share = await accounts.share(digest);
    if (!share) throw new TwinreelError('nothing-here', 'this link has expired, was ended, or never was one');
    const view = new TenantView(share.tenant, conversations, audio);
    const who = { user: `${nameOf(digest)} by ${share.by}`, address: request.ip };
    return { share, who, view, conversation: await view.conversation(share.conversation) };
  }
}

interface Shared {
  readonly share: Share;
  readonly who: Pick<AuditEntry, 'user' | 'address'>;
  readonly view: TenantView;
  readonly conversation: Conversation;
}

/** As the audit calls a link. */
function nameOf(share: string): string {
  return `share ${share.slice(0, 12)}`;
}
