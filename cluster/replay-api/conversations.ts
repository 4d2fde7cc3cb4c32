// Conversations of a tenant: found, looked at, and what people say of them.

import { audited, may, viewOf } from './admission.ts';
import {
  conversationParamsSchema,
  conversationReplySchema,
  couplesReplySchema,
  newNoteSchema,
  problemSchema,
  tagsChangeSchema,
  tenantParamsSchema,
} from './api.schema.ts';
import { foundPageSchema, searchSchema } from './conversation-list.schema.ts';
import type { Api, ApiParts } from './parts.protocol.ts';
import type { Audio } from './ports.protocol.ts';
import { remarksSchema } from './remarks.schema.ts';

/** Below `/api/tenants/:tenant`. */
export function conversationRoutes(api: Api, { audit }: ApiParts): void {
  const tags = ['conversations'];

  api.get(
    '/conversations',
    {
      schema: {
        tags,
        params: tenantParamsSchema,
        querystring: searchSchema,
        response: { 200: foundPageSchema, '4xx': problemSchema },
      },
      preHandler: may('search'),
    },
    async (request) => {
      const { after, limit, ...filters } = request.query;
      const page = await viewOf(request).search(filters, after, limit);
      return { ...page, conversations: [...page.conversations] };
    },
  );

  api.get(
    '/conversations/:conversation',
    {
      schema: {
        tags,
        params: conversationParamsSchema,
        response: { 200: conversationReplySchema, '4xx': problemSchema },
      },
      preHandler: may('search'),
    },
    async (request) => {
      const view = viewOf(request);
      const { conversation, remarks } = await view.entry(request.params.conversation);
      await audit.record({
        verb: 'viewed',
        ...audited(request),
        tenant: view.tenant,
        conversation: conversation.conversation,
      });
      return { conversation, remarks, audio: heard(await view.audio(conversation)) };
    },
  );

  api.get(
    '/conversations/:conversation/couples',
    {
      schema: { tags, params: conversationParamsSchema, response: { 200: couplesReplySchema, '4xx': problemSchema } },
      preHandler: may('search'),
    },
    async (request) => {
      const { couples } = await viewOf(request).conversation(request.params.conversation);
      return { couples };
    },
  );

  api.put(
    '/conversations/:conversation/tags',
    {
      schema: {
        tags,
        params: conversationParamsSchema,
        body: tagsChangeSchema,
        response: { 200: remarksSchema, '4xx': problemSchema },
      },
      preHandler: may('tag'),
    },
    async (request) => {
      const view = viewOf(request);
      const { conversation } = await view.conversation(request.params.conversation);
      const wanted = [...new Set(request.body.tags)];
      const { user, address } = audited(request);
      const detail = wanted.join(', ');
      await audit.record({ verb: 'tagged', user, address, tenant: view.tenant, conversation, detail });
      return view.setTags(conversation, user, wanted);
    },
  );

  api.post(
    '/conversations/:conversation/notes',
    {
      schema: {
        tags,
        params: conversationParamsSchema,
        body: newNoteSchema,
        response: { 200: remarksSchema, '4xx': problemSchema },
      },
      preHandler: may('note'),
    },
    async (request) => {
      const view = viewOf(request);
      const { conversation } = await view.conversation(request.params.conversation);
      const { user, address } = audited(request);
      await audit.record({ verb: 'noted', user, address, tenant: view.tenant, conversation });
      return view.addNote(conversation, user, request.body.text);
    },
  );
}

/** What a page needs to know before it plays anything. */
export function heard(audio: Audio): { phase: Audio['phase']; why?: string } {
  return audio.phase === 'undecodable' ? { phase: audio.phase, why: audio.why } : { phase: audio.phase };
}
