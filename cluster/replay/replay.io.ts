// Puts replay together: recordings come from nodes, facts from cores and recorders; both become conversations in the catalogue, with audio
// that jobs make; the API shows them. What this process knows is in its journal and with its recordings: all else can be made again.

import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { type AudioWork, exportInThread, loadOpeningKeys, loadSigners } from '#cluster/audio';
import { cataloguePlaceOf, openCatalogue } from '#cluster/catalogue';
import { BullQueue } from '#cluster/jobs';
import { identityOf } from '#cluster/links';
import { consumeFacts } from '#cluster/outbox';
import { listBeats, Presence } from '#cluster/presence';
import { connectRedis } from '#cluster/redis';
import { Accounts, ApiMetrics, Audit, buildApi, CatalogueStore, ensureFirstAdmin } from '#cluster/replay-api';
import { Fetcher } from '#cluster/transfer';
import type { Config, Layout, RedisPlace } from '#src/config';
import { messageOf, TwinreelError } from '#src/errors';
import { mp3EncoderWith } from '#src/media';
import { systemClock, systemRandom } from '#src/ports';
import { aliasOfRecording } from '#src/recording/consolidate';
import { endpointOfText } from '#src/wire';
import { AudioShelf } from './audio-shelf.io.ts';
import { serveControl } from './control.io.ts';
import { catalogueIdentity, isFilled, noteFilled } from './filled.io.ts';
import { openKnowledge, recordingsIn } from './known-conversations.io.ts';
import { ownName, Settling } from './settling.io.ts';
import { storeNameIn } from './store-name.io.ts';

export interface ReplayOptions {
  readonly config: Config;
  readonly layout: Layout;
  readonly redisPlace: RedisPlace | undefined;
  /** PostgreSQL for the catalogue; without it the embedded engine. */
  readonly databaseUrl: string | undefined;
  /** Where `npm run build` put the pages. */
  readonly pagesDir: string;
  /** The program of jobs, compiled. */
  readonly program: string;
  readonly log: Logger;
}

/** A running replay. */
export interface Replay {
  /** Of the pages. */
  readonly url: string;
  stop(): Promise<void>;
}

/** How often what has changed is put into the catalogue, and nodes are looked for. */
const settleMs = 250;
const compactMs = 60_000;
/** Between two looks whether the catalogue was filled. */
const fillMs = 60_000;
/** A process of jobs that has not been heard of for so long is gone. */
const jobLostMs = 30_000;

/** Starts one; resolves when its pages can be asked for. Rejects when it cannot run here, saying why. */
export async function startReplay(options: ReplayOptions): Promise<Replay> {
  const { config, layout, redisPlace, log } = options;
  const { replay, links, node } = config;
  if (!redisPlace)
    throw new TwinreelError('redis-unreachable', 'replay gets facts and jobs through Redis: none is configured');
  const folderOf = (name: string) => join(layout.replayDir, name);
  const redis = connectRedis({ ...redisPlace, commandTimeoutMs: config.redis.commandTimeoutMs, log });

  const knowledge = await openKnowledge(config, layout, log);
  const recordings = recordingsIn(layout);
  const place = cataloguePlaceOf(options.databaseUrl, layout.catalogueDir);
  const { catalogue, setAside } = await openCatalogue(place, systemClock);
  if (setAside) log.error({ alarm: 'catalogue-set-aside', folder: setAside }, 'alarm');
  const conversations = new CatalogueStore(catalogue, (conversation, said) => knowledge.remember(conversation, said));

  const jobs = new BullQueue<AudioWork>({
    name: 'audio',
    redis: { ...redisPlace, commandTimeoutMs: config.redis.commandTimeoutMs, log },
    attemptsMax: replay.attemptsMax,
    lostMs: jobLostMs,
    log,
  });
  const opening = {
    privateKeys: await loadOpeningKeys(config, layout),
    ffmpeg: config.recorder.ffmpeg,
    flac: replay.flac,
  };
  const audio = await AudioShelf.open({
    folder: folderOf('audio'),
    jobs,
    audible: (take, aboutMs) => recordings.audible(take, aboutMs),
    onWanted: (wanted) => knowledge.learn({ type: 'audio', ...wanted }),
    originals: (work, kinds, gone) => exportInThread({ work, kinds, ...opening }, gone),
  });
  const audit = new Audit(join(folderOf('people'), 'audit'), systemClock);
  const metrics = new ApiMetrics();
  const settling = new Settling({
    knowledge,
    recordings,
    catalogue,
    conversations,
    audio,
    audit,
    metrics,
    clock: systemClock,
    log,
  });
  if (knowledge.isNew) {
    for await (const manifest of recordings.manifests(log)) {
      await knowledge.learn({ type: 'manifest', manifest });
      if (knowledge.isFull) await settling.settle();
    }
    await knowledge.begun();
  }
  await settling
    .settle()
    .catch((error) =>
      log.warn({ error: messageOf(error) }, 'not everything could be put into the catalogue, tried again later'),
    );

  const { name: encoder } = await mp3EncoderWith(replay.lame);
  if (encoder === 'wasm')
    log.warn({ lame: replay.lame }, 'lame cannot be started: audio for browsers is made by a slower encoder');
  jobs.do({
    program: options.program,
    atOnce: replay.decodersMax,
    onDone: (_, work) => void settling.made(work),
  });
  const facts = consumeFacts({
    redis,
    group: 'replay',
    consumer: node,
    clock: systemClock,
    log,
    again: knowledge.isNew,
    async onFact(fact, { writer, offset }) {
      // A finished recording speaks for itself when it is here.
      if (fact.type !== 'couple') return;
      await knowledge.room();
      await knowledge.learn({ type: 'couple', writer, offset, couple: fact.couple });
    },
  });
  const fetcher = new Fetcher({
    store: await storeNameIn(layout.replayDir, systemRandom),
    secret: links.secret,
    identity: identityOf(links, layout.identityDir),
    beatMs: links.beatMs,
    missedMax: links.missedMax,
    clock: systemClock,
    random: systemRandom,
    log,
    recordingsDir: folderOf('recordings'),
    signature: await loadSigners(config, layout),
    async discarded(facts) {
      if (!(await knowledge.isDiscarded(facts))) return undefined;
      const { tenant, take } = facts;
      await audit.record({ verb: 'discarded', user: ownName, address: '', tenant, detail: take });
      return { by: ownName, atMs: systemClock.nowMs() };
    },
    fixed: replay.nodes.map(endpointOfText),
    transfersMax: replay.transfersMax,
    relistMs: replay.relistMs,
    async onArrived(place, how) {
      await knowledge.room();
      await knowledge.learn({ type: 'manifest', manifest: await recordings.manifestAt(place) });
      if (how === 'destroyed') for (const name of await knowledge.audioOf(place.take)) await audio.remove(name);
    },
  });

  const accounts = await Accounts.open(folderOf('people'), systemClock);
  await ensureFirstAdmin(accounts, folderOf('people'), systemRandom);
  const api = await buildApi({
    conversations,
    audio,
    accounts,
    audit,
    metrics,
    pagesDir: options.pagesDir,
    clock: systemClock,
    random: systemRandom,
    log,
    isSecure: replay.secure,
    trustedProxies: replay.trustedProxies,
  });
  const url = await api.listen({ host: replay.address, port: replay.port ?? 0 });
  await mkdir(layout.runDir, { recursive: true, mode: 0o700 });
  await writeFile(layout.replayUrlFile, url);

  const control = await serveControl(layout.replaySocket, {
    account: (after) => settling.account(after),
    async heard(tenant, recordingId) {
      const found = await conversations.get(tenant, aliasOfRecording(tenant, recordingId));
      if (!found) return { phase: 'unknown' };
      const { conversation } = found.conversation;
      const heard = await audio.open(found.conversation);
      return heard.phase === 'undecodable' ? { ...heard, conversation } : { phase: heard.phase, conversation };
    },
  });
  const figures = async () => {
    const { waiting, running, failed } = await jobs.figures();
    const ofJobs = { jobsWaiting: waiting, jobsRunning: running, jobsFailed: failed };
    return { ...fetcher.figures, factsBytes: knowledge.bytes, ...ofJobs };
  };
  metrics.tell(figures);
  const presence = new Presence({
    redis,
    node,
    process: 'replay',
    pid: process.pid,
    beatMs: config.redis.beatMs,
    clock: systemClock,
    figures,
  });
  let phase: 'running' | 'stopping' = 'running';
  const filling = repeat(fillMs, fillCatalogue);
  const looking = repeat(settleMs, async () => {
    fetcher.found((await listBeats(redis).catch(() => [])).flatMap(({ offers }) => offers ?? []));
    await settling.settle();
  });
  const compacting = repeat(compactMs, async () => {
    await knowledge.compact();
    await catalogue.prepareMonths();
  });
  log.info({ url }, 'conversations can be heard');

  return {
    url,
    async stop() {
      phase = 'stopping';
      knowledge.closing();
      for (const stop of [filling, looking, compacting]) await stop();
      await rm(layout.replayUrlFile, { force: true });
      control.close();
      await presence.stop();
      await api.close();
      fetcher.close();
      await facts.stop();
      await jobs.close();
      await knowledge.close();
      await catalogue.close();
      redis.disconnect();
    },
  };

  /** What is on the disk alone may have been in another catalogue, or in one that lost it with the power. */
  async function fillCatalogue(): Promise<void> {
    const identity = await catalogueIdentity(place);
    if (!setAside && (await isFilled(layout.replayDir, identity))) return;
    await knowledge.recallAll(async () => {
      if (phase === 'stopping') throw new Error('replay stops');
      await settling.settle();
    });
    await noteFilled(layout.replayDir, identity);
  }

  /** Again and again; what is returned ends it, when the last one is over. */
  function repeat(ms: number, task: () => Promise<void>): () => Promise<void> {
    let phase: 'running' | 'stopped' = 'running';
    let wake = () => {};
    const running = (async () => {
      while (phase === 'running') {
        await task().catch((error) => log.warn({ error: messageOf(error) }, 'tried again later'));
        if (phase !== 'running') return;
        await new Promise<void>((resolve) => {
          const timer = systemClock.after(ms, resolve);
          wake = () => {
            timer.cancel();
            resolve();
          };
        });
      }
    })();
    return () => {
      phase = 'stopped';
      wake();
      return running;
    };
  }
}
