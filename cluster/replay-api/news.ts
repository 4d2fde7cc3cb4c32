// News of a tenant's conversations as server-sent events: that one is new or has become another one, so that pages look again. What it
// is they ask for themselves. A reader that is too slow, or no longer signed in, is let go; its page connects again.

import { PassThrough } from 'node:stream';
import { TwinreelError } from '#src/errors';
import { callerOf, viewOf } from './admission.ts';
import { tenantParamsSchema } from './api.schema.ts';
import type { Api, ApiParts } from './parts.protocol.ts';

const readersMax = 500;
const unreadBytesMax = 65_536;
const beatMs = 15_000;

/** Below `/api/tenants/:tenant`. */
export function newsRoutes(api: Api, { accounts, metrics, clock }: ApiParts): void {
  const readers = new Set<PassThrough>();
  api.addHook('preClose', async () => {
    for (const reader of readers) reader.end();
  });

  api.get('/news', { schema: { tags: ['news'], params: tenantParamsSchema } }, async (request, reply) => {
    if (readers.size >= readersMax)
      throw new TwinreelError('too-many-requests', `${readersMax} pages wait for news already`);
    const { sessionDigest } = callerOf(request);
    const reader = new PassThrough();
    const tell = (text: string) => {
      if (reader.writableLength > unreadBytesMax) reader.destroy();
      else if (!reader.writableEnded) reader.write(text);
    };
    const stopListening = viewOf(request).onChanged((conversation) =>
      tell(`event: conversation\ndata: ${JSON.stringify({ conversation })}\n\n`),
    );
    let beat = clock.after(beatMs, onBeat);
    async function onBeat(): Promise<void> {
      if (!(await accounts.session(sessionDigest))) return void reader.end();
      tell(': still here\n\n');
      if (!reader.destroyed) beat = clock.after(beatMs, onBeat);
    }
    readers.add(reader);
    metrics.newsReaders.set(readers.size);
    reader.once('close', () => {
      stopListening();
      beat.cancel();
      readers.delete(reader);
      metrics.newsReaders.set(readers.size);
    });
    tell('retry: 2000\n\n');
    return reply.type('text/event-stream').header('x-accel-buffering', 'no').send(reader);
  });
}
