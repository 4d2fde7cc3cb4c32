// A core between a telephony server and a recorder: real processes, real T-Lib, real media.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type CoreReport, coreControl, readCallLedger } from '#cluster/core';
import { listBeats } from '#cluster/presence';
import { connectRedis, coupleKey, leaseKey } from '#cluster/redis';
import { type MsrSource, startMsrSource } from '#ops/lab/msr-source';
import { loadPrivateKey } from '#src/journal';
import type { Couple } from '#src/recording';
import { startNode, type TestNode } from '../harness/node.ts';
import { freeTcpPort } from '../harness/ports.ts';
import { type RunningProcess, startProcess, until } from '../harness/processes.ts';
import { startRedis, type TestRedis } from '../harness/redis.ts';
import { startTelephony, type Telephony, type TestCall } from '../harness/telephony.ts';
import { spoken } from './stage.ts';

const dns = Array.from({ length: 20 }, (_, index) => `${3_550 + index}`);
let redis: TestRedis;
let node: TestNode;
let source: MsrSource;
let telephony: Telephony;
let core: RunningProcess;
let tlibPort: number;

function startCore(): Promise<RunningProcess> {
  return startProcess({
    command: 'dist/cluster/processes/core.js',
    env: { TWINREEL_CONFIG: node.configFile, REDIS_URL: redis.url },
    ready: { line: /"msg":"ready"/ },
  });
}

beforeAll(async () => {
  redis = await startRedis({ appendonly: 'no' });
  tlibPort = await freeTcpPort();
  const switches = [{ name: 'sip-1', servers: [`127.0.0.1:${tlibPort}`], dns }];
  node = await startNode({
    redisUrl: redis.url,
    calls: 32,
    config: {
      redis: { beatMs: 100 },
      recorder: { packetsMin: 1 },
      core: { linkPort: 0, reconnectMs: 100, lingerMs: 1_000, graceMs: 1_000, tenants: [{ name: 'acme', switches }] },
    },
  });
  source = await startMsrSource({ recorder: node.sip });
  telephony = await startTelephony(source, tlibPort);
  core = await startCore();
  await reported(({ recorders }) => recorders === 1);
});
afterAll(async () => {
  await core?.stop();
  await telephony?.server.close();
  await source?.close();
  await node?.stop();
  await redis?.stop();
});

function reported(holds: (report: CoreReport) => boolean): Promise<CoreReport> {
  return until('the core to report so', async () => {
    const report = await coreControl.report(node.layout.coreSocket).catch(() => undefined);
    return report && holds(report) && report;
  });
}

async function coupleOf(call: TestCall, what: string, holds: (couple: Couple) => boolean): Promise<Couple> {
  return until(what, async () => {
    const couples = await coreControl.couples(node.layout.coreSocket).catch(() => []);
    return couples.find((couple) => couple.callUuid === call.callUuid && holds(couple));
  });
}

/** Calls that are asked for, and whose media flows. */
async function recorded(numbers: readonly string[]): Promise<TestCall[]> {
  await until('every DN to be registered', () => telephony.server.clients.some((one) => one.dns.size === dns.length));
  const calls = numbers.map((dn, index) => telephony.established(dn, `55501${index + 10}`));
  await until('media for every call', () => calls.every(({ media }) => media));
  await spoken(
    calls.map(({ media }) => media!),
    200,
  );
  return calls;
}

/** How long Redis is away. */
const awayMs = process.env['TWINREEL_FULL'] ? 60_000 : 100;

const complete = ({ phase, takes }: Couple) => phase === 'ended' && takes.some((take) => take.phase === 'finished');

describe('a core', () => {
  it('R-CTI-1, R-REC-7: asks for a call when it is established, and knows one complete couple when it is over', async () => {
    const [call] = await recorded(['3556']);
    expect(telephony.asked.at(-1)).toMatchObject({ message: 3013, connId: call!.connId });
    await coupleOf(call!, 'a take', ({ takes }) => takes.some(({ phase }) => phase === 'running'));
    await telephony.released(call!);
    const couple = await coupleOf(call!, 'a complete couple', complete);
    expect(couple).toMatchObject({
      tenant: 'acme',
      switch: 'sip-1',
      dn: '3556',
      otherDn: '5550110',
      callType: 'inbound',
      agentId: '7001',
      recordingId: call!.media!.recordId,
      problem: 'NO_PROBLEM',
      request: { by: 'rule', phase: 'accepted' },
      externalData: { GEN_TEV_ANI: '5550110', GEN_TEV_DNIS: '8005550100' },
    });
    const { manifest } = await node.recording(couple.recordingId);
    expect(couple.takes[0]!.streams.map(({ packets }) => packets)).toEqual(
      manifest.facts.streams.map(({ packets }) => packets),
    );
    await reported(({ calls, untold }) => calls === 0 && untold === 0);
    const shown = await node.twinreel('couples', 'show', couple.sid);
    expect(shown.stdout).toContain('parties    5550110 → 3556');
    expect(shown.stdout).toMatch(/GEN_TEV_DNIS +8005550100/);
    expect((await node.twinreel('couples', 'list')).stdout).toContain(couple.sid);
  });

  it('R-RUL-4, R-OPS-6: says long after why a call was recorded, and what other rules would have made of it', async () => {
    const [call] = await recorded(['3558']);
    await telephony.released(call!);
    const { sid } = await coupleOf(call!, 'a complete couple', complete);
    await reported(({ calls }) => calls === 0);
    const privateKey = await loadPrivateKey(join(node.layout.keysDir, 'journal-private.pem'));
    await until('the ledger to have the end of the call', async () => {
      for await (const { call: told, fact } of readCallLedger(node.layout.callLedgerDir, privateKey, 0))
        if (told.callUuid === call!.callUuid && fact.type === 'over') return true;
      return undefined;
    });
    const why = await node.twinreel('why', sid);
    expect(why.stdout).toContain('the rules say record: Admin / every DN that is watched');
    expect(why.stdout).toContain('is finished');
    const rules = join(node.layout.runDir, 'rules.yaml');
    await writeFile(rules, `admin: {rules: [{name: all but one, policy: record, dns: '3550-3557'}]}`);
    const { stdout } = await node.twinreel('rules', 'try', rules, '--since', '1h', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      changed: [{ callUuid: call!.callUuid, dn: '3558', was: 'recorded', wouldBe: 'not recorded' }],
    });
  });

  it('R-REC-6: pauses a couple at its recorder and at the telephony server', async () => {
    const [call] = await recorded(['3557']);
    const { sid } = await coupleOf(call!, 'a take', ({ takes }) => takes.length > 0);
    await coreControl.command(node.layout.coreSocket, 'pause', sid, 'agent');
    await until('3015', () => telephony.asked.at(-1)?.message === 3015);
    await coupleOf(call!, 'the pause', ({ takes }) => takes[0]!.pauses.length === 1);
    await coreControl.command(node.layout.coreSocket, 'resume', sid, 'agent');
    await until('3016', () => telephony.asked.at(-1)?.message === 3016);
    await telephony.released(call!);
    const couple = await coupleOf(call!, 'a complete couple', complete);
    expect((await node.recording(couple.recordingId)).manifest.facts.pauses).toHaveLength(1);
    await expect(coreControl.command(node.layout.coreSocket, 'pause', 'nobody', 'agent')).rejects.toMatchObject({
      code: 'couple-unknown',
    });
  });

  it('R-CTI-3: the T-Lib link is cut and restored under ten calls: ten complete couples', async () => {
    const calls = await recorded(dns.slice(0, 10));
    await telephony.server.close();
    const before = telephony;
    await until('the core to notice', () => before.server.clients.length === 0);
    telephony = await startTelephony(source, tlibPort);
    for (const call of calls) telephony.calls.set(call.callUuid, call);
    await until('every DN to be registered again', () =>
      telephony.server.clients.some((client) => client.dns.size === dns.length),
    );
    expect(telephony.asked).toEqual([]);
    for (const call of calls) await telephony.released(call);
    for (const call of calls) {
      const couple = await coupleOf(call, 'a complete couple', complete);
      expect(couple).toMatchObject({ problem: 'NO_PROBLEM', recordingId: call.media!.recordId });
    }
  });

  it('R-HA-2, R-SUP-1: kill -9 of the core under five calls: its successor knows them, and ends them well', async () => {
    const calls = await recorded(dns.slice(10, 15));
    for (const call of calls) await coupleOf(call, 'a take', ({ takes }) => takes.length > 0);
    core.kill('SIGKILL');
    await core.ended;
    const asked = telephony.asked.length;
    core = await startCore();
    await reported(({ recorders, calls: known }) => recorders === 1 && known === calls.length);
    await until('every DN to be registered again', () =>
      telephony.server.clients.some((client) => client.dns.size === dns.length),
    );
    for (const call of calls) await telephony.released(call);
    for (const call of calls) {
      const couple = await coupleOf(call, 'a complete couple', complete);
      expect(couple).toMatchObject({ problem: 'NO_PROBLEM', recordingId: call.media!.recordId });
    }
    expect(telephony.asked).toHaveLength(asked);
  });

  it('R-SHD-2, R-SUP-1: without Redis calls begin, go on and end; empty, it is told of all of them, and of who is there', async () => {
    const client = connectRedis({ url: redis.url, commandTimeoutMs: 500, log: { warn() {} } });
    onTestFinished(() => client.disconnect());
    const isTold = (couple: Couple) =>
      until(`${couple.sid} in Redis`, async () => {
        const text = await client.get(coupleKey('acme', couple.sid)).catch(() => null);
        return text !== null && (JSON.parse(text) as Couple).phase === couple.phase;
      });
    const isThere = async () => {
      await until('the beats of both', async () => {
        const beats = await listBeats(client).catch(() => []);
        return ['core', 'recorder'].every((name) => beats.some(({ process }) => process === name));
      });
      const { shards = [] } = (await listBeats(client)).find(({ share }) => share)!.share!;
      await until('every lease', async () => {
        const held = await Promise.all(shards.map(({ name }) => client.hexists(leaseKey(name), 'holder')));
        return held.length > 0 && held.every((has) => has === 1);
      });
    };
    const [before] = await recorded(['3550']);
    const talking = await coupleOf(before!, 'a take', ({ takes }) => takes.length > 0);
    await isTold(talking);
    await client.flushall();
    await isTold(talking);
    await isThere();

    await redis.crash();
    const [during] = await recorded(['3551']);
    await setTimeout(awayMs);
    for (const call of [before!, during!]) await telephony.released(call);
    const couples: Couple[] = [];
    for (const call of [before!, during!]) couples.push(await coupleOf(call, 'a complete couple', complete));
    expect(couples.map(({ problem }) => problem)).toEqual(['NO_PROBLEM', 'NO_PROBLEM']);
    expect((await coreControl.report(node.layout.coreSocket)).untold).toBeGreaterThan(0);
    await redis.restart();
    for (const couple of couples) await isTold(couple);
    await isThere();
  });

  it('R-REC-7: a recording that no event tells of is a couple by what its media says', async () => {
    const media = source.call({
      form: 'per-party',
      parties: [
        { dn: '9001', audio: { kind: 'counters' } },
        { dn: '9002', audio: { kind: 'counters' } },
      ],
    });
    await spoken(media, 200);
    await media.hangUp();
    const couple = await until('an orphan', async () =>
      (await coreControl.couples(node.layout.coreSocket)).find(({ recordingId }) => recordingId === media.recordId),
    );
    expect(couple).toMatchObject({ otherDn: '9002', request: { by: 'other' } });
  });
});
