// Two tenants with conversations, their audio, and an API over them, for the tests of this folder.

import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { hash } from '@node-rs/argon2';
import { pino } from 'pino';
import { Catalogue, openEmbedded } from '#cluster/catalogue';
import {
  Accounts,
  type Api,
  ApiMetrics,
  type Audio,
  type AudioStore,
  Audit,
  buildApi,
  CatalogueStore,
} from '#cluster/replay-api';
import { seededRandom, systemClock } from '#src/ports';
import type { Conversation } from '#src/recording/consolidate';

const compiledThread = pathToFileURL(resolve('dist/cluster/processes/catalogue-engine.js'));
export const startedMs = Date.UTC(2026, 4, 4, 9, 30);
export const password = 'a password long enough';
/** What somebody would write into a display name to be run in a supervisor's browser. */
export const hostile = '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>';

export function conversationOf(tenant: string, conversation: string, more: Partial<Conversation> = {}): Conversation {
  return {
    conversation,
    aliases: [conversation, `${conversation}-before`],
    tenant,
    phase: 'ended',
    direction: 'inbound',
    startedMs,
    endedMs: startedMs + 12_000,
    audio: { startedMs, lengthMs: 12_000 },
    problem: 'NO_PROBLEM',
    participants: [
      { number: '+420555123', name: hostile, role: 'customer', fromMs: startedMs, toMs: startedMs + 12_000 },
      { number: '7001', name: 'Ada', agentId: 'ada', role: 'agent', fromMs: startedMs, toMs: startedMs + 12_000 },
    ],
    timeline: [
      { kind: 'ringing', fromMs: startedMs - 3_000, toMs: startedMs },
      { kind: 'talk', fromMs: startedMs, toMs: startedMs + 12_000 },
      { kind: 'hold', fromMs: startedMs + 4_000, toMs: startedMs + 6_000, party: '7001' },
      { kind: 'pause', fromMs: startedMs + 7_000, toMs: startedMs + 8_000 },
      { kind: 'transfer', fromMs: startedMs + 9_000, detail: 'to 7002' },
    ],
    externalData: [
      { key: 'GEN_TEXT_order', value: hostile, displayName: 'Order', sid: 'sid-1' },
      { key: 'GEN_TSRV_ANI', value: '+420555123', sid: 'sid-1' },
    ],
    couples: [],
    tracks: [
      {
        party: '+420555123',
        channel: 'left',
        supplied: [
          { fromMs: 0, toMs: 5_000, take: 'take-1', stream: 's1' },
          { fromMs: 5_000, toMs: 12_000, take: 'take-2', stream: 's1' },
        ],
        packets: 600,
        gaps: [{ fromMs: 4_900, toMs: 5_000, packets: 5, certainty: 'exact' }],
      },
      {
        party: '7001',
        channel: 'right',
        supplied: [{ fromMs: 0, toMs: 12_000, take: 'take-1', stream: 's2' }],
        packets: 600,
        gaps: [],
      },
    ],
    sources: [
      {
        take: 'take-1',
        node: 'node-a',
        state: 'used',
        clock: { offsetMs: 0, plusMinusMs: 0, by: 'same-clock' },
      },
      { take: 'take-2', node: 'node-b', state: 'used', clock: { offsetMs: 40.5, plusMinusMs: 2, by: 'packets' } },
      { take: 'take-3', node: 'node-c', state: 'not-used', why: 'it has not arrived yet' },
    ],
    isTorn: false,
    ...more,
  };
}

export interface Sample {
  readonly api: Api;
  /** Without a slash at its end. */
  readonly address: string;
  readonly folder: string;
  change(tenant: string, conversation: string): void;
  close(): Promise<void>;
}

export interface SampleOptions {
  readonly conversations: readonly Conversation[];
  /** The bytes of every audio, or why there are none. */
  readonly audio: Buffer | Audio;
  readonly pagesDir?: string;
  /** Called when audio begins to be read. */
  readonly onRead?: () => void;
}

/** Users: `viewer` and `supervisor` of tenant north, `stranger` of south, `admin` of all. */
export async function startSample({ conversations, audio, pagesDir, onRead }: SampleOptions): Promise<Sample> {
  const folder = await mkdtemp(join(tmpdir(), 'twinreel-api-'));
  const accounts = await Accounts.open(folder, systemClock);
  // Cheap: how costly a hash is stands in it.
  const passwordHash = await hash(password, { memoryCost: 256, timeCost: 1, parallelism: 1 });
  await Promise.all([
    accounts.putUser({ user: 'viewer', passwordHash, grants: { north: 'viewer' } }),
    accounts.putUser({ user: 'supervisor', passwordHash, grants: { north: 'supervisor' } }),
    accounts.putUser({ user: 'stranger', passwordHash, grants: { south: 'admin' } }),
    accounts.putUser({ user: 'admin', passwordHash, grants: { '*': 'admin' } }),
  ]);
  const { database } = await openEmbedded({ folder: undefined, nowMs: 0, thread: compiledThread });
  const catalogue = await Catalogue.open(database, systemClock);
  await catalogue.put(conversations);
  const store = new CatalogueStore(catalogue);
  const metrics = new ApiMetrics();
  metrics.tell(async () => ({ conversations: conversations.length }));
  const api = await buildApi({
    conversations: store,
    audio: audioOf(audio, onRead),
    accounts,
    audit: new Audit(join(folder, 'audit'), systemClock),
    metrics,
    pagesDir: pagesDir ?? join(folder, 'no-pages'),
    clock: systemClock,
    random: seededRandom(7),
    log: pino({ level: 'silent' }),
    isSecure: false,
    trustedProxies: [],
  });
  await api.listen({ host: '127.0.0.1', port: 0 });
  return {
    api,
    address: `http://127.0.0.1:${(api.server.address() as AddressInfo).port}`,
    folder,
    change: (tenant, conversation) => store.changed(tenant, conversation),
    async close() {
      await api.close();
      await accounts.close();
      await catalogue.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Somebody who is signed in: asks with their cookie. */
export type SignedIn = (path: string, init?: RequestInit) => Promise<Response>;

export async function signedIn(address: string, user: string): Promise<SignedIn> {
  const answer = await fetch(`${address}/api/session`, json('POST', { user, password }));
  if (answer.status !== 200) throw new Error(`${user}: ${await answer.text()}`);
  const cookie = answer.headers.getSetCookie()[0]!.split(';')[0]!;
  return (path, init = {}) => fetch(address + path, { ...init, headers: { ...init.headers, cookie } });
}

export function json(method: string, body: unknown): RequestInit & { headers: Record<string, string> } {
  return { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

function audioOf(audio: Buffer | Audio, onRead: () => void = () => {}): AudioStore {
  return {
    open: async () =>
      Buffer.isBuffer(audio)
        ? {
            phase: 'ready',
            mediaType: 'audio/mpeg',
            bytes: audio.length,
            version: 'v1',
            read(from, to) {
              onRead();
              return Readable.from([audio.subarray(from, to + 1)]);
            },
          }
        : audio,
    originals: async (_conversation, kinds) =>
      kinds.map((kind) => ({ name: `${kind}.bin`, bytesMax: kind.length, bytes: Readable.from([Buffer.from(kind)]) })),
    peaks: async ({ audio: length }) => ({
      perSecond: 10,
      channels: [0, 1].map((channel) =>
        Array.from({ length: Math.ceil((length?.lengthMs ?? 0) / 100) }, (_, at) => {
          const speaks = Math.floor(at / 20) % 2 === channel;
          return speaks ? 0.3 + 0.5 * Math.abs(Math.sin(at)) : 0;
        }),
      ),
    }),
  };
}
