// A node for tests: the real keeper process with the real capture, and a stub in the edge's place.

import { join, resolve } from 'node:path';
import { type NodeCard, readNodeCard } from '#cluster/keeper';
import { ensureKeyPair, loadPrivateKey, type ReadStreamsOptions, readStreams, type StreamRecord } from '#src/journal';
import { CaptureClient, type CaptureClientOptions, captureWriter } from '#src/media/capture';
import { placeJournalKeys } from '../../harness/journal-keys.ts';
import { freeUdpPorts } from '../../harness/ports.ts';
import { startProcess, temporaryFolder, until } from '../../harness/processes.ts';

const udp = { transport: 'udp', address: '127.0.0.1', port: 0 };
const tcp = { ...udp, transport: 'tcp' };

export interface TestNodeOptions {
  readonly ports?: number;
  /** The first of them; without it any that are free. */
  readonly portMin?: number;
  readonly capture?: Record<string, unknown>;
}

export type TestNode = Awaited<ReturnType<typeof startNode>>;

export async function startNode(options: TestNodeOptions = {}) {
  const folder = temporaryFolder('node');
  const ports = options.ports ?? 16;
  const portMin = options.portMin ?? (await freeUdpPorts(ports));
  placeJournalKeys(join(folder.path, 'keys'));
  const keyFiles = await ensureKeyPair(join(folder.path, 'keys'));
  const journalFolder = join(folder.path, 'journal');
  const runDir = join(folder.path, 'run');
  const keeperOptions = {
    node: 'node-1',
    runDir,
    sip: { listeners: [udp, tcp] },
    rtp: { address: '127.0.0.1', portMin, portMax: portMin + ports - 1 },
    edge: { module: resolve('test/cluster/keeper/edge-stub.mjs') },
    capture: {
      options: {
        journalFolder,
        // Who reads the segment of a capture that was killed reads all that was reserved for it.
        segmentBytesMax: 4 * 2 ** 20,
        publicKeyFile: keyFiles.publicKeyFile,
        controlSocket: join(runDir, 'control', 'capture.sock'),
        ...options.capture,
      },
    },
  };
  const keeper = await startProcess({
    command: 'dist/cluster/processes/keeper.js',
    env: { TWINREEL_OPTIONS: JSON.stringify(keeperOptions) },
  });
  const card = (holds: (card: NodeCard) => boolean = () => true) =>
    until('the card of the node', async () => {
      const now = await readNodeCard(runDir);
      return now && isUp(now) && holds(now) ? now : undefined;
    });
  const connect = async (client: Partial<CaptureClientOptions> = {}) => {
    const path = (await card()).controlSocket!;
    return (await CaptureClient.connect({ path, epoch: 1, holder: 'test', requestMsMax: 10_000, ...client })).client;
  };
  const read = async (streams: readonly string[], range?: ReadStreamsOptions['range']) => {
    const privateKey = await loadPrivateKey(keyFiles.privateKeyFile);
    const wanted = { folder: journalFolder, writer: captureWriter, privateKey, streams: new Set(streams) };
    const records: StreamRecord[] = [];
    for await (const batch of readStreams({ ...wanted, ...(range && { range }) })) records.push(...batch);
    return records;
  };
  const stop = async () => {
    await keeper.stop();
    folder.remove();
  };
  try {
    await card();
  } catch (error) {
    await stop();
    throw new Error(keeper.output(), { cause: error });
  }
  return { keeper, keeperOptions, runDir, journalFolder, portMin, card, connect, read, stop };
}

function isUp(card: NodeCard): boolean {
  return (
    card.controlSocket !== null && card.application !== null && card.pids.capture !== null && card.pids.edge !== null
  );
}

/** True while a process of this id runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
