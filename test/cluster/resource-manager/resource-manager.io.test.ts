// A resource manager between a media server and recorders, each on sockets of its own.

import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Presence } from '#cluster/presence';
import { connectRedis } from '#cluster/redis';
import { type ResourceManagerReport, resourceManagerControl, startResourceManager } from '#cluster/resource-manager';
import { startEndpoint } from '#ops/lab/endpoint';
import { MsrDialog, msrInvites, msrOffer, startMsrSource } from '#ops/lab/msr-source';
import { configSchema, layoutOf } from '#src/config';
import { systemClock, systemRandom } from '#src/ports';
import { type Answerer, type AnswererOptions, startAnswerer } from '../../harness/answerer.ts';
import { temporaryFolder, until } from '../../harness/processes.ts';
import { startRedis } from '../../harness/redis.ts';

const log = pino({ level: 'silent' });
const parties = [
  { dn: '7001', audio: { kind: 'tone', frequencyHz: 500 } },
  { dn: '5550101', audio: { kind: 'tone', frequencyHz: 900 } },
] as const;

const pcmu = { payloadType: 0, codec: 'PCMU', clockRateHz: 8_000, channels: 1 };
const speaking = [
  { dn: '7001', formats: [pcmu] },
  { dn: '5550101', formats: [pcmu] },
] as const;

async function answerer(options?: AnswererOptions): Promise<Answerer> {
  const started = await startAnswerer(options);
  onTestFinished(() => started.close());
  return started;
}

/** Often, and patient: a busy machine is no dead recorder. */
const defaults = { monitorMs: 50, failuresMax: 100 };

const aorOf = ({ address, port }: Answerer) => `sip:${address}:${port}`;

/** A resource manager with its settings, and a media server that sends everything there. */
async function manager(settings: object, redisUrl?: string) {
  const folder = temporaryFolder('rm');
  onTestFinished(() => folder.remove());
  const config = configSchema.parse({ dataDir: folder.path, resourceManager: { port: 0, ...defaults, ...settings } });
  const layout = layoutOf(config);
  const running = await startResourceManager({
    config,
    layout,
    redisPlace: redisUrl === undefined ? undefined : { url: redisUrl },
    log,
  });
  onTestFinished(() => running.stop());
  const recorder = running.listeners[0]!;
  const source = await startMsrSource({ recorder });
  onTestFinished(() => source.close());
  const report = () => resourceManagerControl.report(layout.resourceManagerSocket);
  return {
    running,
    report,
    reported: (what: string, holds: (one: ResourceManagerReport) => boolean) =>
      until(what, async () => {
        const one = await report();
        return holds(one) ? one : undefined;
      }),
    call: (recordId: string, form: 'per-party' | 'single' = 'per-party') => source.call({ form, recordId, parties }),
  };
}

function groupOf(recorders: readonly Answerer[], rest: object = {}, member: object = {}) {
  return { groups: [{ name: 'FIRST', members: recorders.map((one) => ({ aor: aorOf(one), ...member })), ...rest }] };
}

const idsAt = ({ calls }: Answerer) => calls.map(({ requestUri }) => /record=([^@]+)/.exec(requestUri)![1]!);

describe('a group', () => {
  it('R-HA-4: both dialogs of a recording go to one member, by whichever of two managers they come', async () => {
    const recorders = [await answerer(), await answerer(), await answerer()];
    const [first, second] = [await manager(groupOf(recorders)), await manager(groupOf(recorders))];
    const ids = Array.from({ length: 4 }, (_, index) => `r-${index}`);
    for (const id of ids) await Promise.all([first.call(id).answered, second.call(id, 'single').answered]);
    for (const id of ids)
      expect(recorders.map((one) => idsAt(one).filter((it) => it === id).length).sort()).toEqual([0, 0, 3]);
  });

  it('R-HA-4: a call goes on and ends while its resource manager is dead', async () => {
    const recorder = await answerer();
    const { call, running } = await manager(groupOf([recorder]));
    const up = call('r-1');
    await up.answered;
    await running.stop();
    await up.hold();
    await up.resume();
    await up.hangUp();
    expect(up.byeStatuses).toEqual([200, 200]);
    expect(recorder.calls.map(({ phase }) => phase)).toEqual(['hung-up', 'hung-up']);
    expect(recorder.calls[0]!.offers).toHaveLength(3);
  });

  it('R-HA-4: when a recorder dies the next member takes the next calls, and is down after some failures', async () => {
    const [dying, other] = [await answerer(), await answerer()];
    const { call, report, reported } = await manager({
      ...groupOf([dying, other]),
      answerMsMax: 200,
      monitorMs: 200,
      failuresMax: 2,
    });
    await reported('both to be up', ({ groups }) => groups[0]!.members.every(({ phase }) => phase === 'up'));
    await dying.close();
    const ids = Array.from({ length: 4 }, (_, index) => `r-${index}`);
    await Promise.all(ids.map((id) => call(id).answered));
    expect(new Set(idsAt(other))).toEqual(new Set(ids));
    await reported('one to be down', ({ groups }) => groups[0]!.members[0]!.phase === 'down');
    const before = (await report()).groups[0]!.members[0]!.offered;
    await Promise.all(ids.map((id) => call(`${id}-later`).answered));
    expect((await report()).groups[0]!.members[0]!.offered).toBe(before);
  });

  it('R-HA-4: a member is down at once when nobody accepts connections where somebody did', async () => {
    const recorder = await answerer();
    const life = createServer().listen(recorder.port, recorder.address);
    const accepted = once(life, 'connection');
    // Looked at once only: nothing else can tell.
    const { reported } = await manager({ ...groupOf([recorder]), monitorMs: 600_000 });
    const [socket] = (await accepted) as [Socket];
    life.close();
    socket.destroy();
    await reported('the member to be down', ({ groups }) => groups[0]!.members[0]!.phase === 'down');
  });

  it('R-HA-4: a member that is full by its own word is left alone; when all are, 503', async () => {
    let invited = 0;
    let streams: number | undefined;
    // Its word is true from the first INVITE on, however seldom a busy machine asks for it.
    const told = await answerer({
      refuse: () => {
        invited += 1;
        return undefined;
      },
      options: () => ({ 'X-Twinreel-Streams': `${streams ?? invited}/4` }),
    });
    const { call, reported, report } = await manager(groupOf([told]));
    await reported('its word', ({ groups }) => groups[0]!.members[0]!.capacity === 4);
    await Promise.all([call('a').answered, call('b').answered]);
    await expect(call('c').answered).rejects.toMatchObject({ code: 'msr-call-refused', details: { status: 503 } });
    streams = 2;
    await reported('room', ({ groups }) => groups[0]!.members[0]!.inUse === 2);
    await call('d').answered;
    streams = 4;
    await reported('no room', ({ groups }) => groups[0]!.members[0]!.inUse === 4);
    await expect(call('e').answered).rejects.toMatchObject({ details: { status: 503 } });
    const [group] = (await report()).groups;
    expect(group).toMatchObject({ refused: 4, members: [{ accepted: 6, offered: 6 }] });
  });

  it('R-HA-5: a recorder that drains gets no new sessions; a session it refuses goes to the next one', async () => {
    let says = 200;
    const draining = await answerer({
      options: () => (says === 200 ? {} : says),
      refuse: () => (says === 200 ? undefined : says),
    });
    const other = await answerer();
    const { call, reported } = await manager({ ...groupOf([draining, other]), monitorMs: 300, failuresMax: 100 });
    await reported('both to be up', ({ groups }) => groups[0]!.members.every(({ phase }) => phase === 'up'));
    says = 503;
    const ids = Array.from({ length: 6 }, (_, index) => `r-${index}`);
    for (const id of ids) await call(id).answered;
    expect(new Set(idsAt(other))).toEqual(new Set(ids));
    await reported('that it drains', ({ groups }) => groups[0]!.members[0]!.phase === 'draining');
    says = 200;
    await reported('that it is back', ({ groups }) => groups[0]!.members[0]!.phase === 'up');
  });

  it('R-HA-4: of a group watched by heartbeat, whoever beats is up; without Redis everybody stays as he was', async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.stop());
    const recorder = await answerer();
    const members = { node: 'node-1' };
    const watched = { ...groupOf([recorder], { monitorMethod: 'heartbeat' }, members), failuresMax: 3 };
    const { reported, call } = await manager(watched, redis.url);
    const phaseIs = (wanted: string) => reported(wanted, ({ groups }) => groups[0]!.members[0]!.phase === wanted);
    await phaseIs('down');
    const client = connectRedis({ url: redis.url, commandTimeoutMs: 500, log });
    onTestFinished(() => client.disconnect());
    const presence = new Presence({
      redis: client,
      node: 'node-1',
      process: 'recorder',
      pid: 1,
      beatMs: 50,
      clock: systemClock,
      figures: () => ({ streams: 7 }),
    });
    onTestFinished(() => presence.stop());
    await phaseIs('up');
    await reported('its streams', ({ groups }) => groups[0]!.members[0]!.inUse === 7);
    await call('r-1').answered;
    await redis.crash();
    await presence.stop();
    await call('r-2').answered;
    await redis.restart();
    await phaseIs('down');
  });
});

describe('two groups', () => {
  it('R-HA-3: one recording goes to a recorder of each, by what its recdest names', async () => {
    const recorders = [await answerer(), await answerer()] as const;
    const groups = [
      { name: 'FIRST', members: [{ aor: aorOf(recorders[0]) }] },
      { name: 'SECOND', members: [{ aor: aorOf(recorders[1]) }] },
    ];
    const { running, report } = await manager({ groups });
    const { address, port } = running.listeners[0]!;
    const endpoint = await startEndpoint({ address, port: 0, clock: systemClock, random: systemRandom, log: () => {} });
    onTestFinished(() => endpoint.close());
    const open = (host: string) => {
      const facts = {
        recordId: 'r-1',
        callUuid: 'AB',
        sessionId: 'S',
        tenant: { path: 'T', dbid: 1 },
        parties: speaking,
      };
      const [invite] = msrInvites('single', facts, { address: host, port: 5060 });
      const offer = msrOffer(
        1,
        1,
        speaking.map(({ formats }) => ({ address, port: 9, formats, direction: 'sendonly' as const })),
      );
      return new MsrDialog(endpoint.agent, invite!, `sip:${address}:${port};lr`).open(offer);
    };
    await Promise.all([open('FIRST'), open('SECOND')]);
    expect(recorders.map(idsAt)).toEqual([['r-1'], ['r-1']]);
    await expect(open('THIRD')).rejects.toMatchObject({ details: { status: 404 } });
    const { unknown, groups: told } = await report();
    expect([unknown, ...told.map(({ members }) => members[0]!.accepted)]).toEqual([1, 1, 1]);
  });
});
