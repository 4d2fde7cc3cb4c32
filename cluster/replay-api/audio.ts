// Audio as players ask for it, whole or in ranges (RFC 9110 §14), and how loud it is. Not a byte goes out before the audit has it on disk.

import type { FastifyReply, FastifyRequest } from 'fastify';
import { TwinreelError } from '#src/errors';
import type { Conversation } from '#src/recording/consolidate';
import { audited, may, viewOf } from './admission.ts';
import { conversationParamsSchema, peaksSchema, problemSchema } from './api.schema.ts';
import type { AuditEntry } from './audit.schema.ts';
import type { Api, ApiParts } from './parts.protocol.ts';
import type { Audio } from './ports.protocol.ts';
import { rangeOf } from './range.ts';
import type { TenantView } from './tenant-view.ts';

/** Below `/api/tenants/:tenant`. */
export function audioRoutes(api: Api, parts: ApiParts): void {
  const tags = ['audio'];

  api.get(
    '/conversations/:conversation/audio',
    { schema: { tags, params: conversationParamsSchema }, preHandler: may('play') },
    async (request, reply) => {
      const view = viewOf(request);
      const conversation = await view.conversation(request.params.conversation);
      return sendAudio(parts, request, reply, view, conversation, audited(request));
    },
  );

  api.get(
    '/conversations/:conversation/peaks',
    {
      schema: { tags, params: conversationParamsSchema, response: { 200: peaksSchema, '4xx': problemSchema } },
      preHandler: may('play'),
    },
    async (request) => {
      const view = viewOf(request);
      return peaksFor(view, await view.conversation(request.params.conversation));
    },
  );
}

/** Answers with the range that was asked for, after the audit has `who`. */
export async function sendAudio(
  { audit, metrics }: ApiParts,
  { headers }: FastifyRequest,
  reply: FastifyReply,
  view: TenantView,
  conversation: Conversation,
  who: Pick<AuditEntry, 'user' | 'address'>,
): Promise<FastifyReply> {
  const audio = readyOf(await view.audio(conversation));
  const tag = `"${audio.version}"`;
  // A player that knows other bytes than these gets them all (§13.1.5).
  const isSame = headers['if-range'] === undefined || headers['if-range'] === tag;
  const range = rangeOf(isSame ? headers.range : undefined, audio.bytes);
  if (range.phase === 'unsatisfiable') {
    reply.header('content-range', `bytes */${audio.bytes}`);
    throw new TwinreelError('range-unsatisfiable', `the audio has ${audio.bytes} bytes; asked for: ${headers.range}`);
  }
  const { from, to } = range.phase === 'part' ? range : { from: 0, to: audio.bytes - 1 };
  await audit.record({
    verb: 'played',
    ...who,
    tenant: view.tenant,
    conversation: conversation.conversation,
    detail: `bytes ${from}-${to} of ${audio.bytes}`,
  });
  metrics.playbacks.inc();
  metrics.audioBytes.inc(to - from + 1);
  if (range.phase === 'part') reply.code(206).header('content-range', `bytes ${from}-${to}/${audio.bytes}`);
  return reply
    .type(audio.mediaType)
    .header('accept-ranges', 'bytes')
    .header('etag', tag)
    .header('content-length', to - from + 1)
    .send(audio.read(from, to));
}

/** @throws TwinreelError `audio-preparing`, `audio-undecodable`, `audio-missing` */
export function readyOf(audio: Audio): Audio & { phase: 'ready' } {
  switch (audio.phase) {
    case 'ready':
      return audio;
    case 'preparing':
      throw new TwinreelError('audio-preparing', 'the audio is being put together; ask again in a moment');
    case 'undecodable':
      throw new TwinreelError('audio-undecodable', `the audio is kept but cannot be played: ${audio.why}`);
    case 'none':
      throw new TwinreelError('audio-missing', 'nothing was recorded of this conversation');
  }
}

/** @throws TwinreelError as {@link readyOf}, and `audio-preparing` while there are none */
export async function peaksFor(view: TenantView, conversation: Conversation) {
  const peaks = await view.peaks(conversation);
  if (peaks) return { perSecond: peaks.perSecond, channels: peaks.channels.map((channel) => [...channel]) };
  readyOf(await view.audio(conversation));
  throw new TwinreelError('audio-preparing', 'the waveform is being made; ask again in a moment');
}
