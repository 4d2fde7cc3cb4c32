// Puts a recorder together: facts, capture, SIP, finishing and the actors between them. The process root starts one.

import type { Logger } from 'pino';
import { type ActorSystem, type Address, startActorSystem } from '#actors/kit';
import { type SessionsMessage, type SessionsReport, sessions } from '#actors/sessions';
import { tree } from '#actors/tree';
import { readNodeCard } from '#cluster/keeper';
import { type CorePlace, identityOf, type RecorderLinks } from '#cluster/links';
import { Outbox } from '#cluster/outbox';
import { listBeats, Presence } from '#cluster/presence';
import { connectRedis, type RedisConnection } from '#cluster/redis';
import { Signalling } from '#cluster/signalling';
import { type NodePlace, OfferingThread } from '#cluster/transfer';
import type { Config, Layout, RedisPlace } from '#src/config';
import { messageOf } from '#src/errors';
import { ensureKeyPair, loadPrivateKey, loadPublicKey, segmentsOf, systemFiles } from '#src/journal';
import { captureWriter } from '#src/media/capture';
import { systemClock, systemRandom, type Timer } from '#src/ports';
import { destroyMedia, ensureSigningKey, removeParts, removeUnfinished } from '#src/recording';
import { CaptureLink } from './capture-link.io.ts';
import { type RecorderCommand, type RecorderReport, serveControl } from './control.io.ts';
import { Copying } from './copying.io.ts';
import { linkToCores } from './cores.io.ts';
import { finishedFact } from './finished-recording.ts';
import { Finishing } from './finishing.io.ts';
import { FinishingThread } from './finishing-thread.io.ts';
import { gatesOf } from './gates.ts';
import { checkOpenFiles } from './open-files.io.ts';
import { Orders } from './orders.io.ts';
import { reclaimSegments } from './reclaim.io.ts';
import { JournaledFacts } from './session-facts.io.ts';

export interface RecorderOptions {
  readonly config: Config;
  readonly layout: Layout;
  /** Where Redis is; without it nobody sees this process but through its control socket. */
  readonly redisPlace: RedisPlace | undefined;
  readonly log: Logger;
  /** Something that this process cannot go on after: it should end and be started anew. */
  readonly onFailure: (why: string) => void;
}

/** A running recorder. */
export interface Recorder {
  /** Takes no new calls, lets go of everything; running calls are taken over by the next recorder of this node. */
  stop(): Promise<void>;
}

const askMsMax = 2_000;
const housekeepingMsMax = 10_000;
const finishGatherMs = 1_000;
/** Of finished recordings, as they are told. */
const outboxBytesMax = 16 * 2 ** 20;
/** Bytes of journal kept free for the facts of a stream: several times what they take. */
const factsBytesPerStream = 16_384;

/** Starts a recorder; resolves when it can be called. Rejects when it cannot run here, saying why. */
export async function startRecorder({
  config,
  layout,
  redisPlace,
  log,
  onFailure,
}: RecorderOptions): Promise<Recorder> {
  const { recorder } = config;
  await checkOpenFiles(recorder.streamsMax + config.capture.readyPairs);
  const { publicKeyFile, privateKeyFile } = await ensureKeyPair(layout.keysDir);
  const [publicKey, privateKey] = await Promise.all([loadPublicKey(publicKeyFile), loadPrivateKey(privateKeyFile)]);
  await removeUnfinished(layout.recordingsDir);
  const alarm = (name: string, message: string) => log.error({ alarm: name, error: message }, 'alarm');
  let links: RecorderLinks | undefined;
  const facts = await JournaledFacts.open({
    folder: layout.recorderJournalDir,
    publicKey,
    privateKey,
    segmentBytesMax: factsBytesPerStream * Math.max(recorder.streamsMax, 1_024),
    onAlarm: ({ alarm: name, message }) => alarm(name, message),
    onCut: (report) => log.warn(report, 'facts of an earlier recorder could not be read to their end'),
    onChanged: (take) => links?.changed(take),
    onForgotten: (last) => links?.over(last),
  });

  const orders = await Orders.open({
    folder: layout.recorderJournalDir,
    publicKey,
    privateKey,
    clock: systemClock,
    onAlarm: ({ alarm: name, message }) => alarm(name, message),
    onCut: (report) => log.warn(report, 'orders to an earlier recorder could not be read to their end'),
  });

  const { commandTimeoutMs } = config.redis;
  const redis = redisPlace && connectRedis({ ...redisPlace, commandTimeoutMs, log });
  const outbox =
    redis &&
    (await Outbox.open(
      {
        ...{ redis, node: config.node, process: 'recorder', clock: systemClock, bytesMax: outboxBytesMax },
        onAlarm: ({ alarm: name, message }) => alarm(name, message),
      },
      {
        ...{ folder: layout.recorderJournalDir, publicKey, privateKey },
        onCut: (report) => log.warn(report, 'what an earlier recorder had to tell could not be read to its end'),
      },
    ));

  const { recordingsDir, captureJournalDir: journalDir } = layout;
  const known = facts.states().map(({ take, copied }) => [take, new Set(copied?.parts)] as const);
  await removeParts(recordingsDir, new Map(known), systemFiles);
  const journal = { journalDir, journalWriter: captureWriter };
  const keys = { privateKey, publicKey };
  const thread = new FinishingThread({
    ...journal,
    ...keys,
    recordingsDir,
    signingKey: await ensureSigningKey(layout.keysDir),
    packetsMin: recorder.packetsMin,
    ffmpeg: recorder.ffmpeg,
  });
  const identity = identityOf(config.links, layout.identityDir);
  const offering = new OfferingThread(
    { node: config.node, recordingsDir, links: config.links, identity, offers: recorder.offers },
    log,
  );
  const finisher = new Finishing({
    async finishBatch(takes) {
      const recordings = await thread.finish(takes);
      offering.finished(recordings.map(({ folder }) => folder));
      outbox?.tell(recordings.map(finishedFact));
      // Who hears that a take is finished may forget it.
      await outbox?.durable();
      return recordings;
    },
    batchMax: recorder.finishBatchMax,
    gatherMs: finishGatherMs,
    attemptsMax: recorder.finishAttemptsMax,
    clock: systemClock,
    log,
  });
  const tell = (message: SessionsMessage) => void system.send(root, message);
  const capture = new CaptureLink({
    findSocket: async () => (await readNodeCard(layout.runDir))?.controlSocket ?? undefined,
    epoch: facts.epoch,
    holder: `${config.node}/recorder/${process.pid}`,
    silenceMsMax: recorder.silenceMsMax,
    clock: systemClock,
    random: systemRandom,
    log,
    onSilent: (stream) => tell({ type: 'silent', stream }),
    gates: () => gatesOf(facts.states()),
    onHeld: (held) => tell({ type: 'held', ...held }),
    onAlarm: alarm,
    onFenced: () => onFailure('a newer recorder commands capture'),
  });
  const held = () =>
    system.ask<SessionsMessage, SessionsReport>(root, (reply) => ({ type: 'report', reply }), askMsMax);
  const signalling = new Signalling(
    { ...(await edgeOf(config, layout)), log, load: held },
    {
      invited: (invite) => tell({ type: 'invited', invite }),
      cancelled: (dialog) => tell({ type: 'cancelled', dialog }),
      reInvited: (dialog, request, offer, metadata) =>
        tell({ type: 're-invited', dialog, request, ...(offer && { offer }), ...(metadata && { metadata }) }),
      metadataTold: (dialog, metadata) => tell({ type: 'metadata-told', dialog, metadata }),
      bye: (bye) => tell({ type: 'bye', ...bye }),
    },
  );

  const system: ActorSystem = startActorSystem({
    name: 'recorder',
    tree,
    clock: systemClock,
    random: systemRandom,
    log,
    onFailure: ({ path }) => onFailure(`the actor ${path} failed for good`),
  });
  const { tenant, node } = config;
  const settings = { tenant, node, ...recorder };
  const pausedBy = (recordingId: string) => orders.pausedBy(recordingId);
  const ports = { facts, capture, signalling, finisher, pausedBy };
  const root: Address<SessionsMessage> = system.spawn(sessions, 'sessions', { settings, ports });
  const copying = new Copying({
    ...journal,
    ...keys,
    recordingsDir,
    clock: systemClock,
    random: systemRandom,
    log,
    files: systemFiles,
    lifeMsMax: config.capture.segmentLifeMsMax,
    batchMax: recorder.finishBatchMax,
    position: async () => (await capture.stats())?.position,
    takes: () => facts.takes(),
    state: (take) => facts.state(take),
    tell: (take, copied) =>
      system.ask<SessionsMessage, void>(root, (reply) => ({ type: 'copied', take, ...copied, reply }), askMsMax),
  });
  capture.connect();

  const report = async (): Promise<RecorderReport> => {
    const sessions = await held();
    const captured = await capture.stats();
    return {
      ...sessions,
      ...(signalling.isDraining && { draining: 1 }),
      backlog: finisher.backlog,
      ...(outbox && { untold: outbox.untold }),
      finished: finisher.finished,
      setAside: finisher.setAside.length,
      toCopy: copying.backlog,
      ordersRefused: orders.refused,
      segments: segmentsOf({ folder: journalDir, writer: captureWriter }).length,
      ...(captured && { packets: captured.packets, lost: captured.lost }),
    };
  };
  await signalling.connect();
  const command = async (asked: RecorderCommand, recording: string, by: string, named?: readonly string[]) => {
    // An order of nobody who names it is one of its own: a resume that names others does not take it back.
    const names = named ?? (asked === 'pause' ? [`${config.node} ${facts.epoch} ${systemClock.nowMs()}`] : undefined);
    const takes = system.ask<SessionsMessage, readonly string[]>(
      root,
      (reply) => ({ type: 'command', command: asked, recording, by, orders: names, reply }),
      askMsMax,
    );
    // Also of one that runs: its next take may begin here.
    const [obeyed] = await Promise.all([
      takes,
      asked === 'pause'
        ? orders.pause(recording, { by, orders: names ?? [] })
        : asked === 'resume'
          ? orders.resume(recording, names)
          : undefined,
    ]);
    return obeyed;
  };
  const actors = () => system.inspect();
  const retry = () => finisher.retry();
  const control = await serveControl(layout.recorderSocket, { report, actors, command, retry });
  links = linkToCores({
    config,
    identity,
    facts,
    log,
    card: await readNodeCard(layout.runDir),
    report,
    onCommand: async ({ command: asked, recording, by, orders: named, mandate }) => {
      if (mandate) orders.admit(mandate);
      if (asked !== 'destroy') return command(asked, recording, by, named);
      offering.destroyed(await destroyMedia(recordingsDir, recording, { by, atMs: systemClock.nowMs() }));
      log.info({ take: recording, by }, 'the media of a recording is destroyed, its metadata is kept');
      return [recording];
    },
  });
  const housekeeping = every(
    Math.min(housekeepingMsMax, config.capture.segmentLifeMsMax),
    [
      () => copying.run(),
      async () => {
        // Nothing is deleted for a fact that power loss could take back.
        await facts.durable();
        await facts.compact();
        await orders.compact();
        await outbox?.compact();
        await removeParts(recordingsDir, new Map(facts.takes().map((take) => [take, 'all'] as const)), systemFiles);
        const gone = await reclaimSegments({
          folder: journalDir,
          writer: captureWriter,
          captured: () => capture.positions(),
          unfinished: () => facts.states(),
        });
        if (gone.length > 0) log.info({ segments: gone.length }, 'capture journal given back');
      },
    ],
    (error) => log.warn({ error: messageOf(error) }, 'housekeeping failed, tried again later'),
  );
  const presence =
    redis &&
    outbox &&
    announce(
      { redis, outbox, config, report, offers: () => offering.place },
      {
        found: (cores) => links?.found(cores),
        node: (phase) => (phase === 'draining' ? signalling.drain() : signalling.accept()),
      },
    );

  return {
    async stop() {
      signalling.drain();
      housekeeping.cancel();
      await presence?.stop();
      links?.close();
      control.close();
      await finisher.stop();
      await thread.stop();
      await offering.stop();
      system.stop();
      signalling.close();
      capture.disconnect();
      await facts.close();
      await orders.close();
      await outbox?.close();
      redis?.disconnect();
    },
  };
}

/** Runs `tasks`, one after the other, again and again, `ms` after the last end; one that fails does not keep the next from it. */
function every(ms: number, tasks: readonly (() => Promise<void>)[], failed: (error: unknown) => void): Timer {
  let timer: Timer;
  let cancelled = false;
  const run = async () => {
    for (const task of tasks) await task().catch(failed);
    arm();
  };
  const arm = () => {
    if (!cancelled) timer = systemClock.after(ms, () => void run());
  };
  arm();
  return {
    cancel() {
      cancelled = true;
      timer.cancel();
    },
  };
}

/** Our own edge is where the node's card says it is; a drachtio-server is where the configuration says. */
async function edgeOf({ edge }: Config, layout: Layout): Promise<{ host: string; port: number; secret: string }> {
  const { host, port, secret } = edge;
  if (!edge.embedded) return { host, port, secret };
  for (;;) {
    const application = (await readNodeCard(layout.runDir))?.application;
    if (application) return { ...application, secret };
    await new Promise<void>((resolve) => systemClock.after(50, resolve));
  }
}

interface Announced {
  readonly redis: RedisConnection;
  readonly outbox: Outbox;
  readonly config: Config;
  readonly report: () => Promise<RecorderReport>;
  readonly offers: () => NodePlace | undefined;
}

/** Tells by beats that this recorder lives, and hears by those of others where the cores are. */
function announce(
  { redis, outbox, config, report, offers }: Announced,
  heard: { found(cores: readonly CorePlace[]): void; node(phase: 'open' | 'draining'): void },
) {
  const { beatMs } = config.redis;
  const presence = new Presence({
    redis,
    node: config.node,
    process: 'recorder',
    pid: process.pid,
    beatMs,
    clock: systemClock,
    offers,
    facts: () => outbox.heads,
    figures: () => report().catch(() => ({})),
    onNode: (phase) => heard.node(phase),
  });
  const looking = every(
    beatMs,
    [async () => heard.found((await listBeats(redis)).flatMap((beat) => beat.links ?? []))],
    () => {}, // the connection says that Redis is away
  );
  return {
    async stop() {
      looking.cancel();
      await presence.stop();
    },
  };
}
