// The pages as they were built: one document for every address of theirs, and its assets. Styles that the waveform puts into the document
// carry the nonce of that answer; scripts come from here alone.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyReply } from 'fastify';
import { messageOf } from '#src/errors';
import type { Api } from './parts.protocol.ts';

const noncePlace = 'NONCE-OF-THIS-ANSWER';

/** Sends the document; undefined where no pages have been built. */
export type SendDocument = (reply: FastifyReply) => FastifyReply;

export async function servePages(api: Api, folder: string): Promise<SendDocument | undefined> {
  let document: string;
  try {
    document = await readFile(join(folder, 'index.html'), 'utf8');
  } catch (error) {
    api.log.warn({ folder, error: messageOf(error) }, 'there are no pages: build them with npm run build');
    return undefined;
  }
  await api.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    index: false,
    // Their names change with their content.
    immutable: true,
    maxAge: '365d',
  });
  return (reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(document.replace(noncePlace, reply.cspNonce.style));
}
