// Puts a core together: telephony links, recorder links, the journal of calls, and the actors between them. The process root
// starts one.

import type { Logger } from 'pino';
import type { CallFact } from '#actors/call';
import { type ActorSystem, startActorSystem } from '#actors/kit';
import { tree } from '#actors/tree';
import { FactJournal } from '#cluster/facts';
import { LinkServer } from '#cluster/links';
import { Presence } from '#cluster/presence';
import { connectRedis } from '#cluster/redis';
import type { Config, Layout } from '#src/config';
import { ensureKeyPair, loadPrivateKey, loadPublicKey } from '#src/journal';
import { metadataSchema } from '#src/metadata';
import { systemClock, systemRandom, type Timer } from '#src/ports';
import type { SessionNews } from '#src/recording';
import type { Endpoint } from '#src/wire';
import { Agents } from './agents.ts';
import { JournaledCalls } from './call-facts.io.ts';
import { type CoreReport, serveControl } from './control.io.ts';
import { Couples } from './couples.io.ts';
import { watchDirectory } from './directory.io.ts';
import { Recorders } from './recorders.ts';
import { joined, sitesOfConfig } from './sites.ts';
import { Tenants } from './tenants.ts';

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
  const { commandTimeoutMs } = config.redis;
  const redis = redisUrl === undefined ? undefined : connectRedis({ url: redisUrl, log, commandTimeoutMs });
  const couples = new Couples({ redis, node, keptMs: coupleKeptMs });
  const recorders = new Recorders({
    clock: systemClock,
    recorderReturnMs: core.recorderReturnMs,
    onNews: (news) => tenants.tell((name) => ({ type: 'news', news, home: name === homeOf(news) })),
    onLost: (takes) => tenants.tell(() => ({ type: 'takes-lost', takes })),
  });

  const system: ActorSystem = startActorSystem({
    name: 'core',
    tree,
    clock: systemClock,
    random: systemRandom,
    log,
    onFailure: ({ path }) => onFailure(`the actor ${path} failed for good`),
  });
  const recorded = new Set(core.record);
  const verdict = ({ dn }: { readonly dn: string }) => {
    if (recorded.size === 0)
      return { record: true, why: 'every DN that is watched is recorded (core.record is empty)' };
    const record = recorded.has(dn);
    return { record, why: `DN ${dn} is ${record ? '' : 'not '}in core.record` };
  };
  const { mediaMsMax, lingerMs, graceMs, orphans, afterCallWorkMsMax } = core;
  const agents = new Agents();
  const tenants = new Tenants({
    system,
    settings: {
      mediaMsMax,
      lingerMs,
      graceMs,
      orphans,
      afterCallWorkMsMax,
      packetsMin: config.recorder.packetsMin,
      metadata: metadataSchema.parse({}),
      verdict,
    },
    ports: { facts: new JournaledCalls(journal), recorders, couples, agents },
    reconnectMs: core.reconnectMs,
  });
  const byFile = sitesOfConfig(config);
  tenants.watch(byFile);
  const directory = await watchDirectory({ config, layout, log }, (discovered, known) => {
    const sites = joined(byFile, discovered);
    agents.know(known, sites);
    tenants.watch(sites);
  });
  /** The tenant a session says it is of; a recorder that knows no tenants is of the first. */
  const homeOf = (news: SessionNews) => (tenants.names.includes(news.tenant) ? news.tenant : tenants.names[0]);

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
    const held = await tenants.report();
    return {
      tenants: tenants.names.length,
      ...held,
      recorders: recorders.linked,
      untold: couples.untold,
    };
  };
  const control = await serveControl(layout.coreSocket, {
    report,
    actors: () => system.inspect(),
    couples: () => couples.list(),
    command: (command, recording, by) => tenants.command(command, recording, by),
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
  log.info({ links: server.place, tenants: tenants.names }, 'recorders can reach this core');

  return {
    links: server.place,
    async stop() {
      housekeeping.cancel();
      directory?.close();
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
