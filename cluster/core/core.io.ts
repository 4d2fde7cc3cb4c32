// Puts a core together: telephony links, recorder links, the journal of calls, and the actors between them. The process root
// starts one.

import type { Logger } from 'pino';
import type { CallFact, CoupleWord } from '#actors/call';
import { type ActorSystem, startActorSystem } from '#actors/kit';
import { tree } from '#actors/tree';
import { FactJournal } from '#cluster/facts';
import { identityOf, LinkServer, watchLife } from '#cluster/links';
import { Outbox } from '#cluster/outbox';
import { Presence } from '#cluster/presence';
import { connectRedis } from '#cluster/redis';
import { Share } from '#cluster/shards';
import { type Config, ConfigFile, configOfText, type Layout, type RedisPlace } from '#src/config';
import { TLibLink } from '#src/cti';
import { ensureKeyPair, loadPrivateKey, loadPublicKey } from '#src/journal';
import { systemClock, systemRandom, type Timer } from '#src/ports';
import { alwaysActs } from '#src/shards';
import type { Endpoint } from '#src/wire';
import { Agents } from './agents.ts';
import { JournaledCalls } from './call-facts.io.ts';
import { CallLedger } from './call-ledger.io.ts';
import { type CoreReport, serveControl } from './control.io.ts';
import { Couples } from './couples.io.ts';
import { watchDirectory } from './directory.io.ts';
import { heldSites, newsFor, sharedSites, shareSettingsOf } from './holdings.ts';
import { Homes } from './homes.ts';
import { startNotification } from './notification.io.ts';
import { Recorders } from './recorders.ts';
import { Rules } from './rules.io.ts';
import { Settings } from './settings.ts';
import { tenantSettingsOf } from './tenant-settings.ts';
import { Tenants } from './tenants.ts';
import { tenantsReport } from './tenants-report.ts';
import { Watched } from './watched.ts';

export interface CoreOptions {
  readonly config: Config;
  readonly layout: Layout;
  /** The file of the configuration; what changes in it is taken while the core runs. Absent: there is none. */
  readonly configFile?: string | undefined;
  /** Where Redis is; without it recorders must name this core, and couples are known here only. */
  readonly redisPlace: RedisPlace | undefined;
  readonly log: Logger;
  /** Something that this process cannot go on after: it should end and be started anew. */
  readonly onFailure: (why: string) => void;
}

/** A running core. */
export interface Core {
  /** Where recorders reach it. */
  readonly links: Endpoint;
  /** Reads the settings again, as after a change to their file. */
  reload(): void;
  /** Lets go of everything; calls are taken over by the next core of this node. */
  stop(): Promise<void>;
}

const housekeepingMs = 10_000;
const segmentBytesMax = 64 * 2 ** 20;
/** Of couples, as they are told. */
const outboxBytesMax = 32 * 2 ** 20;

/** Starts a core; resolves when recorders can reach it. Rejects when it cannot run here, saying why. */
export async function startCore({
  config,
  layout,
  configFile,
  redisPlace,
  log,
  onFailure,
}: CoreOptions): Promise<Core> {
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
  const ledger = new CallLedger({
    folder: layout.callLedgerDir,
    publicKey,
    keptMs: core.ledgerDays * 86_400_000,
    clock: systemClock,
    onAlarm: ({ alarm, message }) => log.error({ alarm, error: message }, 'alarm'),
  });
  const { commandTimeoutMs } = config.redis;
  const redis = redisPlace && connectRedis({ ...redisPlace, log, commandTimeoutMs });
  const secure = () => journal.secure();
  const outbox =
    redis &&
    (await Outbox.open(
      {
        ...{ redis, node, process: 'core', clock: systemClock, bytesMax: outboxBytesMax },
        onAlarm: ({ alarm, message }) => log.error({ alarm, error: message }, 'alarm'),
      },
      {
        ...{ folder: layout.coreJournalDir, publicKey, privateKey },
        onCut: (report) => log.warn(report, 'what an earlier core had to tell could not be read to its end'),
      },
    ));
  const couples = new Couples({ outbox, clock: systemClock, secure });
  const facts = new JournaledCalls(journal, ledger, (run) => couples.whenKept(run));
  const recorders = new Recorders({
    clock: systemClock,
    recorderReturnMs: core.recorderReturnMs,
    watchLife: (place, gone) => watchLife(place, systemClock, gone),
    onNews: (news, again) => {
      const home = homes.of(news);
      tenants.tell((name) => newsFor(name, { news, home, again }, share));
    },
    onLost: (takes) => tenants.tell(() => ({ type: 'takes-lost', takes })),
    onFenced: (mandate) => {
      log.warn(mandate, 'a recorder knows a later holder of this shard');
      share?.fenced(mandate);
    },
  });
  for (const take of facts.takes()) recorders.expect(take);

  const system: ActorSystem = startActorSystem({
    name: 'core',
    tree,
    clock: systemClock,
    random: systemRandom,
    log,
    onFailure: ({ path }) => onFailure(`the actor ${path} failed for good`),
  });
  const settings = new Settings(config, {
    nowMs: () => systemClock.nowMs(),
    log,
    changed: (next) => watched.configure(next),
  });
  const rules = new Rules(config, log);
  const notification = await startNotification({
    config: () => settings.config,
    layout,
    publicKey,
    privateKey,
    secure,
    log,
  });
  const tell = (word: CoupleWord, isOurs: boolean) => {
    couples.tell(word);
    if (isOurs) notification.tell(word);
  };
  const agents = new Agents();
  let homes = new Homes([]);
  let presence: Presence | undefined;
  const watchHeld = () => tenants.watch(heldSites(watched.sites, share));
  const share =
    redis &&
    new Share({
      ...shareSettingsOf(config),
      redis,
      process: 'core',
      clock: systemClock,
      changed: watchHeld,
      tell: () => presence?.tell(),
    });
  const tenants = new Tenants({
    system,
    settings: (tenant) => ({ ...tenantSettingsOf(settings.config, tenant), rules: rules.of(tenant) }),
    ports: {
      facts,
      recorders,
      couples: { tell },
      agents,
      dutyOf: share?.dutyOf ?? alwaysActs(`${node}/core`),
    },
    dial: (place, listener) => {
      const link = new TLibLink({ ...place, reconnectMs: core.reconnect ? core.reconnectMs : 'never' }, listener);
      link.open();
      return link;
    },
    ...(share && { registrations: share.registrations }),
  });
  const watched = new Watched(config, {
    agents,
    log,
    changed: (sites) => {
      rules.configure(settings.config);
      homes = new Homes(sites);
      share?.know(sharedSites(sites));
      tenants.watch(heldSites(sites, share));
    },
  });
  const directory = await watchDirectory({ config, layout, log }, (known) => watched.know(known));
  const file =
    configFile === undefined
      ? undefined
      : new ConfigFile(configFile, configOfText, {
          changed: (next) => settings.change(next),
          refused: (error) => settings.refuse(error),
        });

  const server = await LinkServer.listen({
    address: core.linkAddress,
    port: core.linkPort,
    identity: identityOf(links, layout.identityDir),
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
      ...notification.figures,
    };
  };
  const control = await serveControl(layout.coreSocket, {
    report,
    actors: () => system.inspect(),
    couples: () => couples.list(),
    tenants: () => tenantsReport(settings, watched.sites, notification.feed),
    command: (command, recording, by) => tenants.command(command, recording, by),
  });
  presence =
    redis &&
    new Presence({
      redis,
      node,
      process: 'core',
      pid: process.pid,
      beatMs: config.redis.beatMs,
      clock: systemClock,
      links: server.place,
      ...(outbox && { facts: () => outbox.heads }),
      ...(share && { share: () => share.told, onNode: (phase) => share.nodeIs(phase) }),
      figures: () => report().catch(() => ({})),
    });
  let housekeeping: Timer;
  const keepHouse = () => {
    const clean = () =>
      Promise.all([journal.compact(), outbox?.compact(), notification.compact(), ledger.clean()]).catch(
        (error: unknown) => log.warn({ error }, 'the journal was not compacted'),
      );
    housekeeping = systemClock.after(housekeepingMs, () => void clean().then(keepHouse));
  };
  keepHouse();
  log.info({ links: server.place, tenants: tenants.names }, 'recorders can reach this core');

  return {
    links: server.place,
    reload() {
      file?.reload();
      rules.reload();
    },
    async stop() {
      housekeeping.cancel();
      file?.close();
      rules.stop();
      directory?.close();
      await share?.stop();
      await presence?.stop();
      control.close();
      await server.close();
      recorders.stop();
      system.stop();
      couples.stop();
      await notification.close();
      await outbox?.close();
      redis?.disconnect();
      await ledger.close();
      await journal.close();
    },
  };
}
