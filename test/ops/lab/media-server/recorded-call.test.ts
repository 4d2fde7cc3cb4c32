import { afterAll, beforeAll, expect, it } from 'vitest';
import { toneLevelDb } from '#ops/lab/hearing';
import { type MediaServer, startMediaServer } from '#ops/lab/media-server';
import { compareLedger } from '#ops/lab/msr-source';
import { type Phones, startPhones } from '#ops/lab/phones';
import { readWav } from '#src/media';
import { startNode, type TestNode } from '../../../harness/node.ts';
import { until } from '../../../harness/processes.ts';
import { type Exchange, inform, recorderMsml, startExchange, stopMsml } from './exchange.ts';

let nodes: readonly [TestNode, TestNode];
let mediaServer: MediaServer;
let phones: Phones;
let exchange: Exchange;

beforeAll(async () => {
  nodes = await Promise.all([startNode({ calls: 4 }), startNode({ calls: 4 })]);
  const [recdest, recdest2] = nodes.map(({ sip }) => `sip:${sip.address}:${sip.port}`) as [string, string];
  mediaServer = await startMediaServer({ recdest, recdest2 });
  phones = await startPhones();
  exchange = await startExchange(mediaServer);
});
afterAll(async () => {
  await exchange.close();
  await phones.close();
  await mediaServer.close();
  await Promise.all(nodes.map((node) => node.stop()));
});

const sessions = () =>
  mediaServer
    .conferences()[0]!
    .recordings[0]!.sessions.map(({ phase }) => phase)
    .join();
const tone = (frequencyHz: number, durationMs?: number) =>
  ({ kind: 'tone', frequencyHz, ...(durationMs !== undefined && { durationMs }) }) as const;

it('R-LAB-1, R-HA-3: both voices of a call are recorded at two recorders, each on its channel, and who dies of them disturbs nobody', async () => {
  const a = await exchange.caller('CONF1', phones.phone('3556'));
  const b = await exchange.called('CONF1', phones.phone('0412'));
  expect(await inform(a.leg, recorderMsml('3556', 'start', { id: 'rec-1' }))).toBe(200);
  await until('both recorders', () => sessions() === 'running,running');
  a.call.play(tone(440, 1_000));
  b.call.play(tone(1_010, 1_000));
  await Promise.all([a.call.said(), b.call.said()]);
  const sent = [...a.call.sent(), ...b.call.sent()];
  for (const node of nodes) {
    await node.reported('every packet', ({ packets }) => Number(packets) >= sent.length);
  }
  expect(await inform(a.leg, stopMsml)).toBe(200);

  for (const node of nodes) {
    const recording = await node.recording('rec-1');
    expect(compareLedger(sent, await node.packets(recording))).toMatchObject({ sent: 100, missing: 0, extra: 0 });
    const { samples, sampleRateHz } = readWav(await node.export(recording, 'wav'));
    const levels = samples.map((channel) => [440, 1_010].map((hz) => toneLevelDb(channel, sampleRateHz, hz)));
    expect(levels.map(([first, second]) => (first! > second! + 40 ? 440 : second! > first! + 40 ? 1_010 : 0))).toEqual([
      440, 1_010,
    ]);
  }

  expect(await inform(a.leg, recorderMsml('3556', 'start', { id: 'rec-2' }))).toBe(200);
  await until('both recorders again', () => sessions() === 'running,running');
  await nodes[1].stop();
  a.call.play(tone(440));
  a.call.heard.listenAnew();
  b.call.heard.listenAnew();
  b.call.play(tone(1_010));
  await until('both to hear each other', () => [a, b].every(({ call }) => call.heard.soundMs > 600));
  expect(a.call.heard.frequencyHz()).toBe(1_010);
  expect(b.call.heard.frequencyHz()).toBe(440);
  await a.hangUp();
  const kept = await nodes[0].recording('rec-2');
  expect((await nodes[0].packets(kept)).length).toBeGreaterThan(60);
  await b.hangUp();
  await until('nothing to be left', () => mediaServer.conferences().length === 0);
});
