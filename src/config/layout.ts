// Where a node keeps what, below its data folder. The only place where these names are built.

import { join, resolve } from 'node:path';
import type { Config } from './config.schema.ts';

/** Absolute paths of a node's folders. */
export interface Layout {
  /** Node card, control sockets, logs: nothing here outlives the processes. */
  readonly runDir: string;
  readonly logDir: string;
  /** The embedded catalogue of replay; its lock lies beside it. */
  readonly catalogueDir: string;
  readonly keysDir: string;
  /** The pair of the edge's journal alone: who parses what comes from the network cannot open recordings. */
  readonly edgeKeysDir: string;
  /** Key, certificate and authorities of this node, once it is part of a cluster. */
  readonly identityDir: string;
  /** On the node that founded the cluster: what certifies the others. */
  readonly authorityDir: string;
  /** Sealed packets as they come. */
  readonly captureJournalDir: string;
  /** Dialogs that are up. */
  readonly edgeJournalDir: string;
  /** Facts of recording sessions. */
  readonly recorderJournalDir: string;
  /** Facts of calls. */
  readonly coreJournalDir: string;
  /** What webhooks have not taken yet. */
  readonly noticeJournalDir: string;
  /** What was decided about calls, for as long as somebody may ask why. */
  readonly callLedgerDir: string;
  readonly recordingsDir: string;
  /** Recordings of all nodes, what is made of them, and who may hear it. */
  readonly replayDir: string;
  /** Where its pages are while it runs: its port may be another one at each start. */
  readonly replayUrlFile: string;
  readonly redisDir: string;
  /** Holds the URL of the embedded redis-server while it runs: its port is another one at each start. */
  readonly redisUrlFile: string;
  /** Unix sockets, each alone in a folder of its own. */
  readonly captureSocket: string;
  readonly recorderSocket: string;
  readonly coreSocket: string;
  readonly resourceManagerSocket: string;
  readonly replaySocket: string;
}

/** The layout of `config`, relative to the working folder. */
export function layoutOf(config: Config): Layout {
  const below = (...names: string[]) => resolve(join(config.dataDir, ...names));
  const replayDir = config.replay.folder === undefined ? below('replay') : resolve(config.replay.folder);
  return {
    runDir: below('run'),
    logDir: below('log'),
    catalogueDir: join(replayDir, 'catalogue'),
    keysDir: below('keys'),
    edgeKeysDir: below('keys', 'edge'),
    identityDir: below('keys', 'node'),
    authorityDir: below('keys', 'authority'),
    captureJournalDir: below('journal', 'capture'),
    edgeJournalDir: below('journal', 'edge'),
    recorderJournalDir: below('journal', 'recorder'),
    coreJournalDir: below('journal', 'core'),
    noticeJournalDir: below('journal', 'notice'),
    callLedgerDir: below('journal', 'calls'),
    recordingsDir: below('recordings'),
    replayDir,
    replayUrlFile: below('run', 'replay.url'),
    redisDir: below('redis'),
    redisUrlFile: below('run', 'redis.url'),
    captureSocket: below('run', 'capture', 'control'),
    recorderSocket: below('run', 'recorder', 'control'),
    coreSocket: below('run', 'core', 'control'),
    resourceManagerSocket: below('run', 'manager', 'control'),
    replaySocket: below('run', 'replay', 'control'),
  };
}
