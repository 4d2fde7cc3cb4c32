// Streams that share sockets, over real ones.

import { expect, it, onTestFinished } from 'vitest';
import { until } from '../../../harness/processes.ts';
import { defaults, describeEachReceiver, payloads, startCapture } from './fixture.ts';
import { LedgerSender } from './sender.ts';

const rtcp = Buffer.from([0x80, 200, 0, 1, 0, 0, 0, 9]);

async function start() {
  const capture = await startCapture({ sharing: 'shared' });
  const client = await capture.connect();
  const open = async (stream: string, more: object = {}) => {
    const sender = await LedgerSender.open();
    onTestFinished(() => sender.close());
    const peer = { address: '127.0.0.1', port: sender.port };
    const target = await client.open({ ...defaults, stream, peer, ...more });
    return { stream, sender, peer, target };
  };
  const counters = async (stream: string) => (await client.list()).find((one) => one.stream === stream)!.counters;
  return { ...capture, client, open, counters };
}

describeEachReceiver('streams on shared sockets', () => {
  it("R-REC-2: each gets what its own peer sends, all of it and nothing else, and a pause is one stream's", async () => {
    const { client, open, read, counters } = await start();
    const streams = await Promise.all(['a', 'b', 'c', 'd'].map((stream) => open(stream)));
    expect(new Set(streams.map(({ target }) => target.rtpPort)).size).toBe(1);
    const round = async (count: number) => {
      for (let index = 0; index < count; index += 1) {
        for (const { stream, sender, target } of streams) await sender.send(stream, target);
      }
    };
    await round(50);
    for (const { sender, target } of streams) await sender.sendRaw(rtcp, target);
    await until('all', async () => (await counters('b')).rtcpPackets === 1);
    await client.pause('b');
    await round(50);
    for (const { stream, sender } of streams) {
      const paused = stream === 'b' ? 50 : 0;
      const { counters: counted } = await client.close(stream);
      expect(counted).toMatchObject({ packets: 100 - paused, paused, rtcpPackets: 1, lost: 0, foreign: 0 });
      const sent = sender.ledger(stream);
      expect(payloads(await read(stream), stream)).toEqual(paused > 0 ? sent.slice(0, 50) : sent);
    }
  });

  it('R-REC-2: two streams of one place, and one of no known place, have sockets apart', async () => {
    const { client, open } = await start();
    const one = await open('one');
    const again = await client.open({ ...defaults, stream: 'again', peer: one.peer });
    const unknown = await client.open({ ...defaults, stream: 'unknown' });
    const named = await client.open({ ...defaults, stream: 'named', peer: { address: 'localhost', port: 9 } });
    expect(new Set([one.target, again, unknown, named].map(({ rtpPort }) => rtpPort)).size).toBe(4);
  });

  it('R-REC-4: a move takes the stream along, what is on its way from before too', async () => {
    const { client, open, read } = await start();
    const [moved, other] = [await open('moved'), await open('other')];
    const next = await LedgerSender.open();
    onTestFinished(() => next.close());
    await moved.sender.send('moved', moved.target);
    await client.move('moved', { address: '127.0.0.1', port: next.port });
    await moved.sender.send('moved', moved.target);
    await next.send('next', moved.target);
    await other.sender.send('other', other.target);
    expect((await client.close('moved')).counters).toMatchObject({ packets: 3, foreign: 0 });
    expect(payloads(await read('moved'), 'moved')).toEqual(['moved 0', 'moved 1', 'next 0']);
    expect((await client.close('other')).counters).toMatchObject({ packets: 1, foreign: 0 });
  });

  it("R-REC-4: a stranger at the address of one stream is in its quarantine; of several it is nobody's, and told", async () => {
    const { open, counters, events } = await start();
    const one = await open('one');
    const stranger = await LedgerSender.open();
    onTestFinished(() => stranger.close());
    await stranger.send('injected', one.target);
    await until('the quarantine', async () => (await counters('one')).quarantined === 1);
    const two = await open('two');
    await stranger.send('injected', one.target);
    await until('the alarm', () =>
      events.some((event) => event.event === 'alarm' && event.alarm === 'unclaimed-packets'),
    );
    expect(await counters('one')).toMatchObject({ packets: 0, foreign: 1 });
    expect(await counters('two')).toMatchObject({ packets: 0, foreign: 0 });
    expect(two.target.rtpPort).toBe(one.target.rtpPort);
  });

  it('R-REC-5: the note beside the sockets names every stream, and none that is over', async () => {
    const { client, open, notes } = await start();
    const streams = await Promise.all(['a', 'b', 'c'].map((stream) => open(stream)));
    await client.close('b');
    await until('the note', () => {
      const { shared } = JSON.parse(notes.at(-1)!) as { shared: string[] };
      const named = shared.map((note) => (JSON.parse(note) as { stream: string }).stream);
      return streams.length === 3 && named.join() === 'a,c';
    });
  });
});
