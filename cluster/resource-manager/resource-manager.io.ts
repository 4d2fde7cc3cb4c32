// Puts a resource manager together: groups, the proxy that brings sessions to their members, and what watches these. It holds nothing that
// a call needs once it is up: when it dies, media servers ask the next one, and no call notices.

import type { Logger } from 'pino';
import { Presence } from '#cluster/presence';
import { connectRedis } from '#cluster/redis';
import type { Config, Layout, RedisPlace } from '#src/config';
import { TwinreelError } from '#src/errors';
import { systemClock, systemRandom } from '#src/ports';
import type { SipListener } from '#src/sip';
import { startProxy } from '#src/sip/proxy';
import { type ResourceManagerReport, serveControl } from './control.io.ts';
import { Group, type GroupReport } from './group.ts';
import { Routing } from './routing.ts';
import { Watching } from './watching.io.ts';

export interface ResourceManagerOptions {
  readonly config: Config;
  readonly layout: Layout;
  /** Where Redis is; without it heartbeats cannot be looked for, and nobody sees this process but through its control socket. */
  readonly redisPlace: RedisPlace | undefined;
  readonly log: Logger;
}

/** A running resource manager. */
export interface ResourceManager {
  /** UDP, then TCP. */
  readonly listeners: readonly SipListener[];
  stop(): Promise<void>;
}

/** Starts one. Rejects when it cannot run here, saying why. */
export async function startResourceManager(options: ResourceManagerOptions): Promise<ResourceManager> {
  const { config, layout, redisPlace, log } = options;
  const { groups: configured, address, port, advertisedAddress, ...settings } = config.resourceManager;
  if (configured.length === 0)
    throw new TwinreelError('config-invalid', 'resourceManager.groups: at least one group is needed to manage any');
  const groups = configured.map((group) => new Group(group, settings.failuresMax));
  const ownPlaces = () => new Set(proxy.listeners.map((one) => `${one.address}:${one.port}`));
  const routing = new Routing({
    groups,
    clock: systemClock,
    attemptsMax: settings.attemptsMax,
    retryAfterSeconds: settings.retryAfterSeconds,
    own: ownPlaces,
    log: (fields, text) => log.warn(fields, text),
  });
  const place = { address, port, advertisedAddress };
  const proxy = await startProxy({
    listeners: [
      { transport: 'udp', ...place },
      { transport: 'tcp', ...place },
    ],
    router: routing,
    answerMsMax: settings.answerMsMax,
    clock: systemClock,
    random: systemRandom,
  });
  const listeners = proxy.listeners.map((one) => `${one.transport}/${one.address}:${one.port}`);
  const report = (): ResourceManagerReport => ({
    listeners,
    groups: groups.map((group) => group.report(systemClock.monotonicMs())),
    unknown: routing.unknown,
    signalling: proxy.counters(),
  });
  const redis = redisPlace && connectRedis({ ...redisPlace, commandTimeoutMs: config.redis.commandTimeoutMs, log });
  const watching = new Watching({
    groups,
    proxy,
    redis,
    clock: systemClock,
    monitorMs: settings.monitorMs,
    onChanged: (group, { key, phase }) =>
      log.info({ group: group.config.name, member: key, phase }, 'a recorder changed'),
  });
  const control = await serveControl(layout.resourceManagerSocket, report);
  const presence =
    redis &&
    new Presence({
      redis,
      node: config.node,
      process: 'resource-manager',
      pid: process.pid,
      beatMs: config.redis.beatMs,
      clock: systemClock,
      figures: () => figuresOf(report().groups),
    });
  log.info({ listeners }, 'takes sessions');
  return {
    listeners: proxy.listeners,
    async stop() {
      watching.stop();
      control.close();
      await presence?.stop();
      await proxy.close();
      redis?.disconnect();
    },
  };
}

/** Of all groups together, and as `<group>/<aor>/<figure>` of each member. */
function figuresOf(groups: readonly GroupReport[]): Record<string, number> {
  const figures: Record<string, number> = { members: 0, up: 0, inUse: 0, accepted: 0, refused: 0 };
  const add = (figure: string, value: number) => {
    figures[figure] = (figures[figure] ?? 0) + value;
  };
  for (const { name, refused, members } of groups) {
    add('refused', refused);
    for (const { aor, phase, inUse, capacity, offered, accepted, failed, silent } of members) {
      const told = { up: phase === 'up' ? 1 : 0, inUse, capacity, offered, accepted, failed, silent };
      for (const [figure, value] of Object.entries(told)) add(`${name}/${aor}/${figure}`, value);
      for (const figure of ['up', 'inUse', 'accepted'] as const) add(figure, told[figure]);
      add('members', 1);
    }
  }
  return figures;
}
