import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { freeUdpPorts } from '../../harness/ports.ts';
import { until } from '../../harness/processes.ts';
import { LedgerSender } from '../../src/media/capture/sender.ts';
import { isAlive, startNode, type TestNode } from './node.ts';

const nodes: TestNode[] = [];
const senders: LedgerSender[] = [];
afterEach(async () => {
  for (const sender of senders.splice(0)) sender.close();
  for (const node of nodes.splice(0)) await node.stop();
});

async function start(options: Parameters<typeof startNode>[0] = {}) {
  const node = await startNode(options);
  nodes.push(node);
  const sender = await LedgerSender.open();
  senders.push(sender);
  return { node, sender };
}

const stream = { silenceMsMax: 60_000, paused: false, rtcpMux: false };

describe('keeper', () => {
  it('R-REC-5: kill -9 of capture under 20 streams costs at most the unwritten block', async () => {
    const { node, sender } = await start({ ports: 40 });
    const names = Array.from({ length: 20 }, (_, index) => `stream-${index}`);
    const client = await node.connect();
    const opened = await Promise.all(names.map((name) => client.open({ ...stream, stream: name })));
    const sendRound = async () => {
      for (const [index, name] of names.entries()) await sender.send(name, opened[index]!);
    };
    const { pids } = await node.card();
    for (let round = 0; round < 30; round += 1) await sendRound();
    process.kill(pids.capture!, 'SIGKILL');
    // Sent while nobody reads: the keeper's sockets hold it.
    for (let round = 0; round < 30; round += 1) await sendRound();
    await node.card(({ restarts }) => restarts.capture === 1);
    for (let round = 0; round < 30; round += 1) await sendRound();

    const again = await node.connect();
    await again.gates({ paused: [], running: names });
    const list = await again.list();
    expect(list.map((entry) => entry.stream).sort()).toEqual([...names].sort());
    const ends = await Promise.all(names.map((name) => again.close(name)));
    again.disconnect();
    const records = await node.read(names);
    for (const name of names) {
      const recorded = recordedOf(records, name);
      expect(new Set(recorded).size).toBe(recorded.length);
      const lost = sender.ledger(name).flatMap((payload, index) => (recorded.includes(payload) ? [] : [index]));
      // One unwritten block: a run of packets without a hole, none of them sent after the kill.
      expect(lost).toEqual(lost.map((_, index) => lost[0]! + index));
      expect(lost.at(-1) ?? 0).toBeLessThan(30);
    }
    for (const end of ends) expect(end.from.segment < end.to.segment).toBe(true);
  });

  it("R-REC-5: kill -9 of capture under streams that share sockets loses none of them, and sends none another's packets", async () => {
    const { node } = await start({ capture: { sockets: 'shared' } });
    const names = ['a', 'b', 'c'];
    const sent = await Promise.all(names.map(() => LedgerSender.open()));
    senders.push(...sent);
    const client = await node.connect();
    const opened = await Promise.all(
      names.map((name, index) =>
        client.open({ ...stream, stream: name, peer: { address: '127.0.0.1', port: sent[index]!.port } }),
      ),
    );
    expect(new Set(opened.map(({ rtpPort }) => rtpPort)).size).toBe(1);
    process.kill((await node.card()).pids.capture!, 'SIGKILL');
    // Sent while nobody reads, so nothing of it can be lost.
    for (const [index, name] of names.entries()) await sent[index]!.send(name, opened[index]!);
    await node.card(({ restarts }) => restarts.capture === 1);
    const again = await node.connect();
    await again.gates({ paused: [], running: names });
    for (const [index, name] of names.entries()) await sent[index]!.send(name, opened[index]!);
    for (const name of names) expect((await again.close(name)).counters).toMatchObject({ packets: 2, foreign: 0 });
    again.disconnect();
    const records = await node.read(names);
    for (const [index, name] of names.entries()) expect(recordedOf(records, name)).toEqual(sent[index]!.ledger(name));
  });

  it('R-REC-5: what capture has written survives its kill: nothing at all is lost when it was quiet for a block', async () => {
    const { node, sender } = await start();
    const client = await node.connect();
    const target = await client.open({ ...stream, stream: 'quiet' });
    for (let count = 0; count < 50; count += 1) await sender.send('quiet', target);
    await until(
      'all packets in written blocks',
      async () => recordedOf(await node.read(['quiet']), 'quiet').length === 50,
    );
    process.kill((await node.card()).pids.capture!, 'SIGKILL');
    for (let count = 0; count < 50; count += 1) await sender.send('quiet', target);
    await node.card(({ restarts }) => restarts.capture === 1);
    const again = await node.connect();
    await again.gates({ paused: [], running: ['quiet'] });
    await again.close('quiet');
    again.disconnect();
    expect(recordedOf(await node.read(['quiet']), 'quiet')).toEqual(sender.ledger('quiet'));
  });

  it('R-REC-6: a stream that was paused is paused after kill -9 of capture', async () => {
    const { node, sender } = await start();
    const client = await node.connect();
    const target = await client.open({ ...stream, stream: 'card', note: 'mine' });
    await client.pause('card');
    process.kill((await node.card()).pids.capture!, 'SIGKILL');
    for (let count = 0; count < 20; count += 1) await sender.send('card', target);
    await node.card(({ restarts }) => restarts.capture === 1);
    const again = await node.connect();
    expect(await again.list()).toMatchObject([{ stream: 'card', paused: true, note: 'mine' }]);
    const { counters } = await again.close('card');
    again.disconnect();
    expect(counters).toMatchObject({ packets: 0, paused: 20 });
    expect(recordedOf(await node.read(['card']), 'card')).toEqual([]);
  });

  it('R-REC-7: an owner older than the last one stays fenced after kill -9 of capture', async () => {
    const { node } = await start();
    const client = await node.connect({ epoch: 7, holder: 'new' });
    process.kill((await node.card()).pids.capture!, 'SIGKILL');
    await node.card(({ restarts }) => restarts.capture === 1);
    await expect(node.connect({ epoch: 6, holder: 'old' })).rejects.toMatchObject({ code: 'capture-fenced' });
    const again = await node.connect({ epoch: 7, holder: 'new' });
    again.disconnect();
    client.disconnect();
  });

  it('R-SIP-4: the edge reads the SIP socket the keeper holds, and its successor reads on', async () => {
    const { node } = await start();
    const card = await node.card();
    const peer = createSocket('udp4');
    const ask = async (text: string) => {
      peer.send(text, card.sip!.port, card.sip!.address);
      const [bytes] = (await once(peer, 'message')) as [Buffer];
      return bytes.toString();
    };
    expect(await ask('first')).toBe(`${card.pids.edge} first`);
    peer.send('die', card.sip!.port, card.sip!.address);
    await until('the end of the edge', () => !isAlive(card.pids.edge!));
    const answer = await ask('while away');
    const after = await node.card(({ restarts }) => restarts.edge === 1);
    expect(answer).toBe(`${after.pids.edge} while away`);
    expect(after.sip).toEqual(card.sip);
    peer.close();
  });

  it('R-SIP-3: TCP has the port of UDP, and who connects while the edge is away is answered by its successor', async () => {
    const { node } = await start();
    const card = await node.card();
    expect(card.sipListeners).toEqual([card.sip, { ...card.sip, transport: 'tcp' }]);
    const ask = async (text: string) => {
      const socket = connect(card.sip!.port, card.sip!.address).end(text);
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      return bytes.toString();
    };
    expect(await ask('first')).toBe(`${card.pids.edge} first`);
    process.kill(card.pids.edge!, 'SIGKILL');
    await until('the end of the edge', () => !isAlive(card.pids.edge!));
    const answer = await ask('while away');
    const after = await node.card(({ restarts }) => restarts.edge === 1);
    expect(answer).toBe(`${after.pids.edge} while away`);
  });

  it('R-REC-2: ports come from the range, RTP even and RTCP above it; busy ones are passed over, none left is refused', async () => {
    const portMin = await freeUdpPorts(8);
    const busy = createSocket('udp4');
    busy.bind(portMin + 3, '127.0.0.1');
    await once(busy, 'listening');
    const { node } = await start({ portMin, ports: 8 });
    const client = await node.connect();
    const opened = [];
    for (const name of ['a', 'b', 'c']) opened.push(await client.open({ ...stream, stream: name }));
    const ports = opened.map(({ rtpPort, rtcpPort }) => [rtpPort - portMin, rtcpPort - portMin]);
    // Where in the range it begins is drawn.
    expect(ports.sort(([one = 0], [other = 0]) => one - other)).toEqual([
      [0, 1],
      [4, 5],
      [6, 7],
    ]);
    await expect(client.open({ ...stream, stream: 'd' })).rejects.toMatchObject({ code: 'rtp-ports-exhausted' });
    const { rtpPort } = opened[1]!;
    await client.close('b');
    expect(await client.open({ ...stream, stream: 'e', rtcpMux: true })).toMatchObject({ rtpPort, rtcpPort: rtpPort });
    busy.close();
    await once(busy, 'close');
    expect((await client.open({ ...stream, stream: 'f' })).rtpPort).toBe(portMin + 2);
    client.disconnect();
  });

  it('R-REC-2: the next stream of a pair of sockets hears nothing that was meant for the one before', async () => {
    const { node, sender } = await start({ ports: 4 });
    const client = await node.connect();
    const [first, other] = [
      await client.open({ ...stream, stream: 'a' }),
      await client.open({ ...stream, stream: 'b' }),
    ];
    await client.close('a');
    for (let count = 0; count < 20; count += 1) await sender.send('late', first);
    await client.close('b');
    // Nobody sends to the second one any more: it goes first, though the other has rested longer.
    expect((await client.open({ ...stream, stream: 'c' })).rtpPort).toBe(other.rtpPort);
    const again = await client.open({ ...stream, stream: 'd' });
    expect(again.rtpPort).toBe(first.rtpPort);
    await sender.send('d', again);
    await client.close('d');
    client.disconnect();
    expect(recordedOf(await node.read(['d']), 'd')).toEqual(sender.ledger('d'));
  });

  it('R-REC-5: sockets that are ready when capture is killed are ready for its successor, and those of its last stream, too', async () => {
    const { node, sender } = await start({ ports: 6 });
    const client = await node.connect();
    const ports = (await Promise.all(['a', 'b', 'c'].map((name) => client.open({ ...stream, stream: name })))).map(
      ({ rtpPort }) => rtpPort,
    );
    for (const name of ['a', 'b']) await client.close(name);
    process.kill((await node.card()).pids.capture!, 'SIGKILL');
    await node.card(({ restarts }) => restarts.capture === 1);
    const again = await node.connect();
    await again.gates({ paused: [], running: ['c'] });
    const opened = await Promise.all(['d', 'e'].map((name) => again.open({ ...stream, stream: name })));
    expect(opened.map(({ rtpPort }) => rtpPort)).toEqual(ports.slice(0, 2));
    for (const [index, name] of ['d', 'e'].entries()) await sender.send(name, opened[index]!);
    for (const name of ['c', 'd', 'e']) await again.close(name);
    again.disconnect();
    expect(recordedOf(await node.read(['e']), 'e')).toEqual(sender.ledger('e'));
  });

  it('R-OPS-3: the card says where everything is; a good stop takes it away with every process', async () => {
    const { node } = await start();
    const card = await node.card();
    expect(card).toMatchObject({
      node: 'node-1',
      sip: { transport: 'udp', address: '127.0.0.1' },
      application: { host: '127.0.0.1', port: 9022 },
      pids: { keeper: node.keeper.pid },
      restarts: { edge: 0, capture: 0 },
    });
    expect(statSync(dirname(card.controlSocket!)).mode & 0o777).toBe(0o700);
    node.keeper.kill('SIGTERM');
    expect(await node.keeper.ended).toEqual({ exitCode: 0, signal: null });
    for (const pid of Object.values(card.pids)) expect(isAlive(pid!)).toBe(false);
    expect(existsSync(join(node.runDir, 'node.json'))).toBe(false);
  });

  it('R-HA-1: children do not outlive a killed keeper', async () => {
    const { node } = await start();
    const { pids } = await node.card();
    node.keeper.kill('SIGKILL');
    await until('the end of edge and capture', () => !isAlive(pids.edge!) && !isAlive(pids.capture!));
  });
});

function recordedOf(records: Awaited<ReturnType<TestNode['read']>>, stream: string): string[] {
  const packets = records.filter((record) => record.stream === stream && record.kind === 'rtp');
  return packets.map(({ bytes }) => bytes.subarray(12).toString());
}
