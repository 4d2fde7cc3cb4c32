// A node with finished recordings for tests: it offers them for real, over a line that can be cut.

import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { OfferServer, Offers, type OffersOptions, type Place } from '#cluster/transfer';
import { type Clock, seededRandom, systemClock, systemRandom } from '#src/ports';
import { type ManifestFacts, signManifest } from '#src/recording';
import { temporaryFolder } from '../../harness/processes.ts';

export const signing = generateKeyPairSync('ed25519');
export const secret = 'of this cluster';
export const quiet = { info() {}, warn() {} };
const startedMs = Date.UTC(2026, 0, 1);

export interface FinishedNode {
  readonly recordingsDir: string;
  readonly offers: Offers;
  readonly server: OfferServer;
  /** Where it is reached. */
  readonly place: { readonly host: string; readonly port: number };
  /** Finishes a recording of random bytes. */
  record(take: string, bytes?: number): Place;
}

export async function finishedNode(options: Partial<OffersOptions> & { clock?: Clock } = {}): Promise<FinishedNode> {
  const folder = temporaryFolder('node');
  onTestFinished(() => folder.remove());
  const recordingsDir = join(folder.path, 'recordings');
  const offers = new Offers({ recordingsDir, clock: systemClock, copiesMin: 1, ...options });
  const server = await offering(offers);
  const random = seededRandom(7);
  return {
    recordingsDir,
    offers,
    server,
    place: server.place,
    record: (take, bytes = 1_000) => record(recordingsDir, take, random.bytes(bytes)),
  };
}

/** Offers them at a port of its own, or at one that was told before. */
export async function offering(offers: Offers, port = 0): Promise<OfferServer> {
  const server = await OfferServer.listen({
    address: '127.0.0.1',
    port,
    node: 'n1',
    secret,
    beatMs: 1_000,
    missedMax: 60,
    clock: systemClock,
    random: systemRandom,
    log: quiet,
    offers,
  });
  onTestFinished(() => server.close());
  return server;
}

/** A line to a place: passes on so many bytes from there, then cuts what is connected; after that it lets everything pass. */
export async function line(to: { host: string; port: number }, cutAfterBytes: number) {
  let left = cutAfterBytes;
  let cuts = 0;
  const place = await relay(to, (near, _far, bytes) => {
    if (cuts > 0) return;
    left -= bytes;
    if (left > 0) return;
    cuts += 1;
    near.destroy();
  });
  return { place, cuts: () => cuts };
}

/** A line to a place that passes on so many bytes from there, and holds what follows until it is opened. */
export async function gate(to: { host: string; port: number }, bytesBefore: number) {
  const held: Socket[] = [];
  let phase: 'shutting' | 'open' = 'shutting';
  let left = bytesBefore;
  const place = await relay(to, (_near, far, bytes) => {
    left -= bytes;
    if (left > 0 || phase === 'open') return;
    far.pause();
    held.push(far);
  });
  return {
    place,
    isShut: () => held.length > 0,
    open() {
      phase = 'open';
      for (const far of held) far.resume();
    },
  };
}

/** Passes on both ways; `passed` hears of what came from the far end. */
async function relay(to: { host: string; port: number }, passed: (near: Socket, far: Socket, bytes: number) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(to);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => void [near.destroy(), far.destroy()]);
    }
    near.pipe(far);
    far.on('data', (bytes: Buffer) => {
      near.write(bytes);
      passed(near, far, bytes.length);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port };
}

function record(recordingsDir: string, take: string, packets: Buffer): Place {
  const day = new Date(startedMs).toISOString().slice(0, 10);
  const folder = join(recordingsDir, day, take);
  mkdirSync(folder, { recursive: true });
  const sealed = (file: string, content: Buffer) => {
    writeFileSync(join(folder, file), content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { file, bytes: content.length, sha256, chainHead: '00' };
  };
  const facts: ManifestFacts = {
    version: 1,
    take,
    recordingId: `r-${take}`,
    tenant: 'acme',
    node: 'n1',
    startedMs,
    endedMs: startedMs + 1_000,
    endReason: 'bye',
    lengthMs: 1_000,
    parties: [],
    dialogs: [],
    streams: [],
    pauses: [],
    copies: [{ node: 'n1', ...sealed('n1.rtp', packets) }],
    quarantine: { packets: 1, ...sealed('n1.quarantine', Buffer.from('of a stranger')) },
    problems: [],
  };
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify(signManifest(facts, signing.privateKey)));
  return { day, take };
}
