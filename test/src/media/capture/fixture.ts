// What the tests of capture share: capture with its control server over real sockets and a real journal, in this process,
// its sockets from a source without a keeper.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeEach, describe, onTestFinished } from 'vitest';
import { socketHandles } from '#cluster/keeper';
import { type PositionRange, readStreams, type StreamRecord, systemFiles } from '#src/journal';
import {
  type BatchCode,
  BatchReceiver,
  Capture,
  CaptureClient,
  type CaptureClientOptions,
  type ControlEvent,
  ControlServer,
  captureWriter,
  loadBatchCode,
  type Owner,
  type SocketLease,
} from '#src/media/capture';
import { type Clock, systemClock } from '#src/ports';
import { temporaryFolder } from '../../../harness/processes.ts';
import { keys } from '../../journal/fixture.ts';
import type { MemoryFiles } from '../../journal/memory-files.ts';
import { LedgerSender } from './sender.ts';

export const batchCodeFile = resolve('dist/native/batch-receiver.node');
let receiver: 'node' | 'batch' = 'node';

/** The same tests for each way by which capture reads sockets; for the batch only where it could be built. */
export function describeEachReceiver(name: string, tests: () => void): void {
  describe.each(['node', 'batch'] as const)(`${name}, sockets read by %s`, (one) => {
    describe.skipIf(one === 'batch' && !existsSync(batchCodeFile))('', () => {
      beforeEach(() => {
        receiver = one;
        // The next file in this process begins as the first one did.
        return () => {
          receiver = 'node';
        };
      });
      tests();
    });
  });
}

async function boundSocket(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 2 ** 20 });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** Sockets of our own; `notes` gets what a successor would be told. */
export async function lease(notes: string[] = []): Promise<SocketLease> {
  const rtp = await boundSocket();
  const rtcp = await boundSocket();
  const release = () => {
    rtp.close();
    rtcp.close();
  };
  const rtpPort = rtp.address().port;
  const rtcpPort = rtcp.address().port;
  return {
    address: '127.0.0.1',
    rtpPort,
    rtcpPort,
    rtp,
    rtcp,
    keepNote: async (note) => void notes.push(note),
    release,
  };
}

export interface StartOptions {
  readonly streamsMax?: number;
  readonly segmentBytesMax?: number;
  readonly owner?: Owner;
  readonly files?: MemoryFiles;
  readonly clock?: Clock;
  readonly reserveBytes?: number;
  readonly sharing?: 'own' | 'shared';
  /** As the tests around it say, when left out. */
  readonly receiver?: 'node' | 'batch';
}

export async function startCapture(options: StartOptions = {}) {
  const folder = temporaryFolder('capture');
  onTestFinished(folder.remove);
  const journalFolder = join(folder.path, 'journal');
  const { streamsMax = 100, segmentBytesMax = 2 ** 22, reserveBytes = 0, owner } = options;
  const { files = systemFiles, clock = systemClock } = options;
  const events: ControlEvent[] = [];
  const notes: string[] = [];
  let control: ControlServer | undefined;
  const capture = new Capture({
    journal: { folder: journalFolder, publicKey: keys.publicKey, segmentBytesMax, reserveBytes, files },
    sockets: { lease: () => lease(notes), remember: async () => {} },
    ...((options.receiver ?? receiver) === 'batch' && {
      receiver: (journal, on) =>
        new BatchReceiver({
          code: loadBatchCode(batchCodeFile) as BatchCode,
          handles: socketHandles,
          journal,
          clock: on,
          readMs: 16,
        }),
    }),
    clock,
    ...(options.sharing && { sharing: options.sharing }),
    streamsMax,
    quietMs: 50,
    onEvent: (event) => {
      events.push(event);
      control?.emit(event);
    },
  });
  const path = join(folder.path, 'control', 'capture.sock');
  control = await ControlServer.listen({ path, capture, owner, keepOwner: async () => {} });
  const sender = await LedgerSender.open();
  const connect = async (client: Partial<CaptureClientOptions> = {}) => {
    const connected = await CaptureClient.connect({ path, epoch: 1, holder: 'test', ...client });
    onTestFinished(() => connected.client.disconnect());
    return connected.client;
  };
  onTestFinished(async () => {
    sender.close();
    await control?.close();
    await capture.end();
  });
  const readRange = async (range: PositionRange | undefined, ...streams: string[]) => {
    const wanted = { folder: journalFolder, writer: captureWriter, privateKey: keys.privateKey, files };
    const records: StreamRecord[] = [];
    const options = { ...wanted, streams: new Set(streams), ...(range && { range }) };
    for await (const batch of readStreams(options)) records.push(...batch);
    return records;
  };
  const read = Object.assign((...streams: string[]) => readRange(undefined, ...streams), { range: readRange });
  return { capture, control, path, journalFolder, sender, connect, read, events, notes };
}

/** A stream as most tests open it. */
export const defaults = { silenceMsMax: 60_000, paused: false, rtcpMux: true };
/** What the RTP packets of a stream hold. */
export const payloads = (records: readonly StreamRecord[], stream: string) =>
  records
    .filter((record) => record.stream === stream && record.kind === 'rtp')
    .map(({ bytes }) => bytes.subarray(12).toString());
