// TCP ports that are taken but not listened at by this process: a child listens on the handle, and whoever connects while no
// child lives waits in the kernel, since the socket listens on as long as anybody holds it. Beside unread-socket.io.ts the
// only file that touches Node's internals; works on Node 20, 22 and 24, and the test runs it on each of them that is at hand.
//
// A net.Server would accept connections as soon as it listens. What node:cluster uses to share a port among its workers makes
// a handle that is bound and nothing else; `send` takes such handles too.

import type { SendHandle } from 'node:child_process';
import * as net from 'node:net';
import { getSystemErrorName } from 'node:util';

/** A bound TCP handle of Node, as `send` and `net.Server.listen` take it. */
export interface UnacceptedListener {
  readonly address: string;
  readonly port: number;
  readonly handle: SendHandle;
  close(): void;
}

interface Handle {
  getsockname(name: { address?: string; port?: number }): number;
  close(): void;
}

type CreateHandle = (address: string, port: number, family: 4 | 6, fd: undefined, flags: number) => Handle | number;

/** Binds a TCP port (0: any free one). Throws the system's error (`EADDRINUSE` and the like in `code`). */
export function openUnacceptedListener({ address, port }: { address: string; port: number }): UnacceptedListener {
  const create = (net as unknown as { _createServerHandle?: CreateHandle })._createServerHandle;
  if (!create)
    throw new Error(`Node ${process.version} has no net._createServerHandle where versions 20 to 24 have it`);
  const handle = create(address, port, net.isIPv6(address) ? 6 : 4, undefined, 0);
  if (typeof handle === 'number') throw refused(handle, address, port);
  const name: { address?: string; port?: number } = {};
  const error = handle.getsockname(name);
  // A port that is taken shows only here: binding it gives no error before somebody listens.
  const isElsewhere = error === 0 && (name.port === 0 || (port !== 0 && name.port !== port));
  if (error !== 0 || isElsewhere) {
    handle.close();
    throw error === 0 ? inUse(address, port) : refused(error, address, port);
  }
  return {
    address: name.address ?? address,
    port: name.port ?? port,
    handle: handle as unknown as SendHandle,
    close: () => handle.close(),
  };
}

function refused(errno: number, address: string, port: number): NodeJS.ErrnoException {
  const name = getSystemErrorName(errno);
  return Object.assign(new Error(`bind ${name} ${address}:${port}`), { code: name, errno, address, port });
}

function inUse(address: string, port: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`bind EADDRINUSE ${address}:${port}`), { code: 'EADDRINUSE', address, port });
}
