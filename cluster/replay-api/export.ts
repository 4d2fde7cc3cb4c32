// A conversation to take away: one ZIP with its audio, everything known of it, what it was made of where that is asked for, and a manifest
// with the digest of each. It is written as it is read, and not a byte goes out before the audit has it on disk.

import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { TwinreelError } from '#src/errors';
import type { Conversation } from '#src/recording/consolidate';
import { audited, callerOf, may, viewOf } from './admission.ts';
import { conversationParamsSchema, exportQuerySchema } from './api.schema.ts';
import { readyOf } from './audio.ts';
import type { Api, ApiParts } from './parts.protocol.ts';
import type { Audio, OriginalFile } from './ports.protocol.ts';
import type { Remarks } from './remarks.schema.ts';
import { type ZipEntry, zip, zipBytesMax } from './zip.ts';

/** Exports at once that have to read recordings anew: each takes as much time of the processor as it can get. */
const originalsMax = 2;

/** Below `/api/tenants/:tenant`. */
export function exportRoutes(api: Api, { audit, metrics, clock }: ApiParts): void {
  let readingOriginals = 0;
  const countOriginals = (reply: FastifyReply) => {
    if (readingOriginals >= originalsMax)
      throw new TwinreelError('too-many-requests', `${originalsMax} exports with WAV, FLAC or packets run already`);
    readingOriginals += 1;
    reply.raw.once('close', () => {
      readingOriginals -= 1;
    });
  };

  api.get(
    '/conversations/:conversation/export',
    {
      schema: { tags: ['audio'], params: conversationParamsSchema, querystring: exportQuerySchema },
      preHandler: may('export'),
    },
    async (request, reply) => {
      const view = viewOf(request);
      const { conversation, remarks } = await view.entry(request.params.conversation);
      const audio = await view.audio(conversation);
      // What cannot be heard is exported without audio, and says so; what only takes a moment is worth waiting for.
      if (audio.phase === 'preparing') readyOf(audio);
      const kinds = new Set([request.query.with ?? []].flat());
      if (kinds.size > 0) countOriginals(reply);
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const originals = await view.originals(conversation, [...kinds], gone.signal);
      const bytes = originals.reduce((sum, { bytesMax }) => sum + bytesMax, audio.phase === 'ready' ? audio.bytes : 0);
      if (bytes > zipBytesMax)
        throw new TwinreelError(
          'audio-undecodable',
          `a ZIP holds ${zipBytesMax} bytes at most, what is asked for may have ${bytes}`,
        );
      const exported = { by: callerOf(request).user, atMs: clock.nowMs() };
      await audit.record({
        verb: 'exported',
        ...audited(request),
        tenant: view.tenant,
        conversation: conversation.conversation,
        ...(kinds.size > 0 && { detail: `with ${[...kinds].join(' and ')}` }),
      });
      metrics.exports.inc();
      const begun = new Date(conversation.startedMs).toISOString().replace(/[:.]/g, '-');
      return reply
        .type('application/zip')
        .header('content-disposition', `attachment; filename="conversation-${begun}.zip"`)
        .send(
          Readable.from(zip(entriesOf(conversation, remarks, audio, originals, exported), new Date(exported.atMs))),
        );
    },
  );
}

function* entriesOf(
  conversation: Conversation,
  remarks: Remarks,
  audio: Audio,
  originals: readonly OriginalFile[],
  exported: { readonly by: string; readonly atMs: number },
): Generator<ZipEntry> {
  const files: { name: string; bytes: number; sha256: string }[] = [];
  yield digested('conversation.json', [textOf({ ...conversation, remarks })], files);
  if (audio.phase === 'ready') {
    const name = audio.mediaType === 'audio/mpeg' ? 'audio.mp3' : 'audio.ogg';
    if (audio.bytes > 0) yield digested(name, audio.read(0, audio.bytes - 1), files);
  }
  for (const { name, bytes } of originals) yield digested(name, bytes, files);
  // The entries before have been read by now, so their digests are known.
  const { tenant, conversation: name } = conversation;
  yield {
    name: 'manifest.json',
    bytes: [textOf({ version: 1, tenant, conversation: name, audio: audio.phase, exported, files })],
  };
}

/** The entry; what it was goes into `files` when it has been read. */
function digested(
  name: string,
  bytes: ZipEntry['bytes'],
  files: { name: string; bytes: number; sha256: string }[],
): ZipEntry {
  return {
    name,
    bytes: (async function* () {
      const hash = createHash('sha256');
      let count = 0;
      for await (const chunk of bytes) {
        hash.update(chunk);
        count += chunk.length;
        yield chunk;
      }
      files.push({ name, bytes: count, sha256: hash.digest('hex') });
    })(),
  };
}

function textOf(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, null, 2)}\n`);
}
