// Puts a core together: telephony links, recorder links, the journal of calls, and the actors between them. The process root
// starts one.

import type { Logger } from 'pino';
import type { CallFact } from '#actors/call';
import { type ActorSystem, type Address, startActorSystem } from '#actors/kit';
import { type TenantMessage, type TenantReport, tenant } from '#actors/tenant';
import { tree } from '#actors/tree';
import { FactJournal } from '#cluster/facts';
import { LinkServer } from '#cluster/links';
import { Presence } from '#cluster/presence';
import { connectRedis } from '#cluster/redis';
import type { Config, Layout } from '#src/config';
import { TLibLink, type TLibListener } from '#src/cti';
import { TwinreelError } from '#src/errors';
import { ensureKeyPair, loadPrivateKey, loadPublicKey } from '#src/journal';
import { systemClock, systemRandom, type Timer } from '#src/ports';
import type { SessionNews } from '#src/recording';
import type { Endpoint } from '#src/wire';
import { JournaledCalls } from './call-facts.io.ts';
import { type CoreReport, serveControl } from './control.io.ts';
import { Couples } from './couples.io.ts';
import { Recorders } from './recorders.ts';

export interface CoreOptions {
  readonly config: Config;
  readonly layout: Layout;
  /** Where Redis is; without it recorders must name this core, and couples are known here only. */
  readonly redisUrl: string | undefined;
  readonly log: Logger;
  /** Something that this process cannot go on after: it should end and be started anew. */
  readonly onFailure: (why: string) => void;
}

/** A running core. */
export interface Core {
  /** Where recorders reach it. */
  readonly links: Endpoint;
  /** Lets go of everything; calls are taken over by the next core of this node. */
  stop(): Promise<void>;
}

const askMsMax = 2_000;
const housekeepingMs = 10_000;
const segmentBytesMax = 64 * 2 ** 20;
const coupleKeptMs = 86_400_000;

/** Starts a core; resolves when recorders can reach it. Rejects when it cannot run here, saying why. */
export async function startCore({ config, layout, redisUrl, log, onFailure }: CoreOptions): Promise<Core> {
  const { core, node, links } = config;
  const { publicKeyFile, privateKeyFile } = await ensureKeyPair(layout.keysDir);
  const [publicKey, privateKey] = await Promise.all([loadPublicKey(publicKeyFile), loadPrivateKey(privateKeyFile)]);
  const journal = await FactJournal.open<CallFact>({
    folder: layout.coreJournalDir,
    writer: 'core',
    publicKey,
    privateKey,
    segmentBytesMax,
    onAlarm: ({ alarm, message }) => log.error({ alarm, error: message }, 'alarm'),
    onCut: (report) => log.warn(report, 'facts of an earlier core could not be read to their end'),
  });
  const redis = redisUrl === undefined ? undefined : connectRedis({ url: redisUrl, log, ...timeoutsOf(config) });
  const couples = new Couples({ redis, node, keptMs: coupleKeptMs });
  const recorders = new Recorders({
    clock: systemClock,
    recorderReturnMs: core.recorderReturnMs,
    onNews: (news) => toTenants((name) => ({ type: 'news', news, home: name === homeOf(news) })),
    onLost: (takes) => toTenants(() => ({ type: 'takes-lost', takes })),
  });

  const system: ActorSystem = startActorSystem({
    name: 'core',
    tree,
    clock: systemClock,
    random: systemRandom,
    log,
    onFailure: ({ path }) => onFailure(`the actor ${path} failed for good`),
  });
  const telephony = { connect: (name: string, on: string, listener: TLibListener) => dial(config, name, on, listener) };
  const ports = { facts: new JournaledCalls(journal), recorders, couples, telephony };
  const recorded = new Set(core.record);
  const verdict = ({ dn }: { readonly dn: string }) => {
    if (recorded.size === 0)
      return { record: true, why: 'every DN that is watched is recorded (core.record is empty)' };
    const record = recorded.has(dn);
    return { record, why: `DN ${dn} is ${record ? '' : 'not '}in core.record` };
  };
  const tenants = new Map<string, Address<TenantMessage>>(
    core.tenants.map(({ name, switches }) => {
      const { mediaMsMax, lingerMs, graceMs, orphans } = core;
      const { packetsMin } = config.recorder;
      const settings = { name, mediaMsMax, lingerMs, packetsMin, graceMs, orphans, verdict };
      return [name, system.spawn(tenant, `tenant-${name}`, { settings, ports, switches })];
    }),
  );
  const toTenants = (messageTo: (name: string) => TenantMessage) => {
    for (const [name, address] of tenants) system.send(address, messageTo(name));
  };
  /** The tenant a session says it is of; a recorder that knows no tenants is of the first. */
  const homeOf = (news: SessionNews) => (tenants.has(news.tenant) ? news.tenant : core.tenants[0]?.name);

  const server = await LinkServer.listen({
    address: core.linkAddress,
    port: core.linkPort,
    tls:
      core.linkCertificateFile !== undefined && core.linkKeyFile !== undefined
        ? { certificateFile: core.linkCertificateFile, keyFile: core.linkKeyFile }
        : undefined,
    node,
    process: 'core',
    secret: links.secret,
    beatMs: links.beatMs,
    missedMax: links.missedMax,
    clock: systemClock,
    random: systemRandom,
    log,
    events: recorders,
  });

  const report = async (): Promise<CoreReport> => {
    const reports = await Promise.all(
      [...tenants.values()].map((address) =>
        system.ask<TenantMessage, TenantReport>(address, (reply) => ({ type: 'report', reply }), askMsMax),
      ),
    );
    const sum = (figure: keyof TenantReport) => reports.reduce((total, one) => total + one[figure], 0);
    return {
      tenants: tenants.size,
      dns: sum('dns'),
      calls: sum('calls'),
      waiting: sum('waiting'),
      recorders: recorders.linked,
      untold: couples.untold,
    };
  };
  const control = await serveControl(layout.coreSocket, {
    report,
    actors: () => system.inspect(),
    couples: () => couples.list(),
    async command(command, recording, by) {
      const asked = [...tenants.values()].map((address) =>
        system.ask<TenantMessage, readonly string[]>(
          address,
          (reply) => ({ type: 'command', command, recording, by, reply }),
          askMsMax,
        ),
      );
      return (await Promise.all(asked)).flat();
    },
  });
  const presence =
    redis &&
    new Presence({
      redis,
      node,
      process: 'core',
      pid: process.pid,
      beatMs: config.redis.beatMs,
      clock: systemClock,
      links: server.place,
      figures: () => report().catch(() => ({})),
    });
  let housekeeping: Timer;
  const keepHouse = () => {
    const clean = () =>
      journal.compact().catch((error: unknown) => log.warn({ error }, 'the journal was not compacted'));
    housekeeping = systemClock.after(housekeepingMs, () => void clean().then(keepHouse));
  };
  keepHouse();
  log.info({ links: server.place, tenants: [...tenants.keys()] }, 'recorders can reach this core');

  return {
    links: server.place,
    async stop() {
      housekeeping.cancel();
      await presence?.stop();
      control.close();
      await server.close();
      recorders.stop();
      system.stop();
      redis?.disconnect();
      await journal.close();
    },
  };
}

function timeoutsOf({ redis }: Config): { readonly commandTimeoutMs: number } {
  return { commandTimeoutMs: redis.commandTimeoutMs };
}

/** Connects to the telephony server of a tenant's switch. */
function dial({ core }: Config, tenantName: string, switchName: string, listener: TLibListener): TLibLink {
  const named = core.tenants.find(({ name }) => name === tenantName);
  const found = named?.switches.find(({ name }) => name === switchName);
  if (!named || !found)
    throw new TwinreelError('config-invalid', `no switch '${switchName}' of tenant '${tenantName}'`);
  const { clientIdentification, password } = named;
  const client = { name: clientIdentification, ...(password !== undefined && { password }) };
  const link = new TLibLink(
    { servers: found.servers.map(endpointOf), client, reconnectMs: core.reconnectMs },
    listener,
  );
  link.open();
  return link;
}

/** `tserver.example:7000`, `[2001:db8::1]:7000` */
function endpointOf(text: string): Endpoint {
  const at = text.lastIndexOf(':');
  return { host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: Number(text.slice(at + 1)) };
}
