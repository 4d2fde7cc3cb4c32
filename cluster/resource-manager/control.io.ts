// How a person reaches a resource manager.
//
//     GET  /lrgs     its groups with their members, and what became of what they were sent

import type { Server } from 'node:http';
import { askControlSocket, type ControlReply, serveControlSocket } from '#cluster/control';
import type { ProxyCounters } from '#src/sip/proxy';
import type { GroupReport } from './group.ts';

export interface ResourceManagerReport {
  /** Where it listens: `udp/127.0.0.1:5070`. */
  readonly listeners: readonly string[];
  readonly groups: readonly GroupReport[];
  /** INVITEs of which no group was meant. */
  readonly unknown: number;
  readonly signalling: ProxyCounters;
}

const codes = { unreachable: 'resource-manager-unreachable', unknown: 'resource-manager-unreachable' } as const;

/** Listens on `path`. */
export function serveControl(path: string, report: () => ResourceManagerReport): Promise<Server> {
  return serveControlSocket(path, (method, url): ControlReply | undefined =>
    method === 'GET' && url.pathname === '/lrgs' ? { status: 200, body: report() } : undefined,
  );
}

/** Asks the resource manager behind `path`. Rejects with `resource-manager-unreachable`. */
export const resourceManagerControl = {
  report: (path: string) => askControlSocket<ResourceManagerReport>(path, 'GET', '/lrgs', codes),
};
