import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { Offers } from '#cluster/transfer';
import { systemClock } from '#src/ports';
import { placeJournalKeys } from '../../harness/journal-keys.ts';
import { startProcess, temporaryFolder, until } from '../../harness/processes.ts';
import { startRedis } from '../../harness/redis.ts';
import { toneLevelDb } from '../../harness/tone.ts';
import { toneRecording } from '../../src/recording/tone-recording.ts';
import { offering, secret } from '../transfer/finished-node.ts';

/** A node whose recordings are offered, and a replay that fetches them, as processes run. */
async function stage() {
  const redis = await startRedis();
  const folder = temporaryFolder('replay');
  onTestFinished(async () => {
    await redis.stop();
    folder.remove();
  });
  const nodeRecordings = join(folder.path, 'node');
  await toneRecording(nodeRecordings, {
    take: 'a',
    tones: [
      { party: '0412', hz: 440, fromMs: 0, toMs: 2_000 },
      { party: '3556', hz: 1_000, fromMs: 0, toMs: 2_000 },
    ],
    facts: { recordDn: '3556', callUuid: 'C1' },
  });
  const server = await offering(new Offers({ recordingsDir: nodeRecordings, clock: systemClock, copiesMin: 1 }));
  const dataDir = join(folder.path, 'data');
  placeJournalKeys(join(dataDir, 'keys'));
  const config = join(folder.path, 'twinreel.yaml');
  const replay = { port: 0, nodes: [`127.0.0.1:${server.place.port}`] };
  writeFileSync(config, JSON.stringify({ dataDir, replay, links: { secret }, logging: { level: 'info' } }));
  const start = async () => {
    const running = await startProcess({
      command: 'dist/cluster/processes/replay.js',
      env: { TWINREEL_CONFIG: config, REDIS_URL: redis.url },
      ready: { line: /"msg":"ready"/ },
    });
    onTestFinished(async () => void (await running.stop()));
    return { ...running, url: /"url":"([^"]+)"/.exec(running.output())![1]! };
  };
  return { dataDir, config, start };
}

async function signedIn(url: string, dataDir: string): Promise<(path: string) => Promise<Response>> {
  const [line] = readFileSync(join(dataDir, 'replay', 'people', 'first-admin.json'), 'utf8').split('\n');
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/session`, { method: 'POST', headers, body: line! });
  expect(answer.status).toBe(200);
  const cookie = answer.headers.getSetCookie()[0]!.split(';')[0]!;
  return (path) => fetch(`${url}${path}`, { headers: { cookie } });
}

// Two lives of a process with a database in it: half a minute on a busy machine.
it.skipIf(!process.env['TWINREEL_FULL'])(
  'R-RPL-1, R-RPL-3, R-RPL-7: what a node finished is found and heard, also by a replay that begins anew',
  async () => {
    const { dataDir, config, start } = await stage();
    const twinreel = (...command: string[]): unknown => {
      const args = ['dist/ops/cli/twinreel.js', ...command, '--json', '--config', config];
      return JSON.parse(execFileSync(process.execPath, args, { stdio: 'pipe' }).toString());
    };
    for (const life of ['first', 'second']) {
      const running = await start();
      const ask = await signedIn(running.url, dataDir);
      const found = async () => {
        const { conversations } = JSON.parse(await (await ask('/api/tenants/acme/conversations')).text());
        return conversations as { conversation: string }[];
      };
      const [one] = await until(`the conversation, ${life}`, async () => {
        const all = await found();
        return all.length > 0 && all;
      });
      const path = `/api/tenants/acme/conversations/${encodeURIComponent(one!.conversation)}`;
      const audio = await until(`its audio, ${life}`, async () => {
        const answer = await ask(`${path}/audio`);
        return answer.status === 200 && Buffer.from(await answer.arrayBuffer());
      });
      // The agent, whose DN is recorded, is on the right.
      const pcm = execFileSync('ffmpeg', ['-v', 'error', '-i', 'pipe:0', '-f', 's16le', 'pipe:1'], { input: audio });
      const channel = (side: number) =>
        Int16Array.from({ length: pcm.length / 4 }, (_, at) => pcm.readInt16LE(4 * at + 2 * side));
      expect(toneLevelDb(channel(0), 8_000, 440)).toBeGreaterThan(-9);
      expect(toneLevelDb(channel(1), 8_000, 1_000)).toBeGreaterThan(-9);
      const peaks = JSON.parse(await (await ask(`${path}/peaks`)).text()) as { channels: number[][] };
      expect(peaks.channels.map((loud) => loud.length)).toEqual([100, 100]);
      await until('what merging gave', async () => {
        const { conversation } = JSON.parse(await (await ask(path)).text());
        return conversation?.tracks?.length === 2;
      });
      expect(await found()).toHaveLength(1);
      expect(twinreel('verify')).toEqual({ recordings: 1, findings: [], skipped: [] });
      expect(() => twinreel('catalogue', 'rebuild')).toThrow('stop it first');
      await running.stop();
    }
    expect(twinreel('catalogue', 'rebuild')).toEqual({ conversations: 1 });
    expect(twinreel('catalogue', 'status')).toMatchObject({ tenants: [{ tenant: 'acme', conversations: 1 }] });
    expect(readdirSync(join(dataDir, 'replay', 'audio'))).toHaveLength(1);
    expect(existsSync(join(dataDir, 'replay', 'recordings', '2026-01-01', 'a', 'n1.rtp'))).toBe(true);
  },
);
