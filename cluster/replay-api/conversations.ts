// Conversations of a tenant: found, looked at, and what people say of them.

import type { Conversation } from '#src/recording/consolidate';
import type { Names } from './account-store.protocol.ts';
import { audited, callerOf, may, viewOf } from './admission.ts';
import {
  conversationParamsSchema,
  conversationReplySchema,
  couplesReplySchema,
  newNoteSchema,
  noteParamsSchema,
  problemSchema,
  remarksSchema,
  tagsChangeSchema,
  tenantParamsSchema,
} from './api.schema.ts';
import { foundPageSchema, searchSchema } from './conversation-list.schema.ts';
import type { Api, ApiParts } from './parts.protocol.ts';
import type { Audio } from './ports.protocol.ts';

/** Below `/api/tenants/:tenant`. */
export function conversationRoutes(api: Api, { accounts, audit, clock, random }: ApiParts): void {
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
      const conversation = await view.conversation(request.params.conversation);
      await audit.record({
        verb: 'viewed',
        ...audited(request),
        tenant: view.tenant,
        conversation: conversation.conversation,
      });
      return {
        conversation,
        remarks: await accounts.remarks(view.tenant, namesOf(conversation)),
        audio: heard(await view.audio(conversation)),
      };
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
      const { tenant, names } = await named(request, request.params.conversation);
      const wanted = [...new Set(request.body.tags)];
      await audit.record({
        verb: 'tagged',
        ...audited(request),
        tenant,
        conversation: names[0],
        detail: wanted.join(', '),
      });
      await accounts.setTags(tenant, names, wanted);
      return accounts.remarks(tenant, names);
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
      const { tenant, names } = await named(request, request.params.conversation);
      const note = { note: random.uuid(), by: callerOf(request).user, atMs: clock.nowMs(), ...request.body };
      await audit.record({ verb: 'noted', ...audited(request), tenant, conversation: names[0], detail: note.note });
      await accounts.addNote(tenant, names, note);
      return accounts.remarks(tenant, names);
    },
  );

  api.delete(
    '/conversations/:conversation/notes/:note',
    {
      schema: { tags, params: noteParamsSchema, response: { 200: remarksSchema, '4xx': problemSchema } },
      preHandler: may('note'),
    },
    async (request) => {
      const { tenant, names } = await named(request, request.params.conversation);
      const { note } = request.params;
      await audit.record({ verb: 'note-removed', ...audited(request), tenant, conversation: names[0], detail: note });
      await accounts.removeNote(tenant, names, note);
      return accounts.remarks(tenant, names);
    },
  );
}

/** Its own name first. */
export function namesOf({ conversation, aliases }: Conversation): Names {
  return [conversation, ...aliases.filter((alias) => alias !== conversation)];
}

/** What a page needs to know before it plays anything. */
export function heard(audio: Audio): { phase: Audio['phase']; why?: string } {
  return audio.phase === 'undecodable' ? { phase: audio.phase, why: audio.why } : { phase: audio.phase };
}

async function named(request: Parameters<typeof viewOf>[0], name: string): Promise<{ tenant: string; names: Names }> {
  const view = viewOf(request);
  return { tenant: view.tenant, names: namesOf(await view.conversation(name)) };
}
