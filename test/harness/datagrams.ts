// How an edge of a test reads datagrams many at a time; undefined where ops/build-native.sh cannot build what that takes.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { socketHandles } from '#cluster/keeper';
import { type DatagramAccess, loadDatagramCode } from '#src/sip/edge';

const file = resolve('dist/native/datagrams.node');

export const datagramAccess: DatagramAccess | undefined = existsSync(file) ? accessBy(file) : undefined;

function accessBy(path: string): DatagramAccess {
  const code = loadDatagramCode(path);
  if (typeof code === 'string') throw new Error(code);
  return { code, take: socketHandles.take };
}
