// What runs in the thread of the embedded engine: PGlite, one order after the other, so that queries never hold up the process.

import type { MessagePort } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { pg_trgm } from '@electric-sql/pglite/contrib/pg_trgm';
import { messageOf } from '#src/errors';
import type { EngineAnswer, EngineOrder, EngineThreadOptions } from './database.protocol.ts';

/** Opens the engine, says so, and serves `port` until it is told to close. */
export async function serveEngine(port: MessagePort, { folder }: EngineThreadOptions): Promise<void> {
  const answer = (one: EngineAnswer) => port.postMessage(one);
  const fail = (id: number, error: unknown) => {
    const sqlState = (error as { code?: unknown }).code;
    answer({ id, type: 'failed', message: messageOf(error), ...(typeof sqlState === 'string' && { sqlState }) });
  };
  let engine: PGlite;
  try {
    engine = await PGlite.create({ ...(folder !== undefined && { dataDir: folder }), extensions: { pg_trgm } });
    answer({ id: 0, type: 'done', rows: [] });
  } catch (error) {
    fail(0, error);
    return;
  }
  // PGlite itself takes one after the other.
  port.on('message', async (order: EngineOrder) => {
    try {
      answer({ id: order.id, type: 'done', rows: await perform(engine, order) });
    } catch (error) {
      // An engine that trapped answers nothing any more: the thread dies of it, and is started again.
      if (isTrap(error)) throw error;
      fail(order.id, error);
    }
    if (order.type === 'close') port.close();
  });
}

async function perform(engine: PGlite, order: EngineOrder): Promise<readonly unknown[]> {
  if (order.type === 'close') {
    await engine.close();
    return [];
  }
  if (order.type === 'script') {
    await engine.exec(order.text);
    return [];
  }
  const { text, params, rows } = order.statement;
  return (await engine.query(text, [...params], { rowMode: rows === 'arrays' ? 'array' : 'object' })).rows;
}

function isTrap(error: unknown): boolean {
  const { name } = error as Error;
  return name === 'RuntimeError' || name === 'ExitStatus';
}
