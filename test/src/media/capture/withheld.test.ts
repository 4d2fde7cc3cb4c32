// What comes while nobody can say whether a pause holds: on the disk, and readable only once it is known that it may be.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { SegmentReader } from '#src/journal';
import { until } from '../../../harness/processes.ts';
import { keys } from '../../journal/fixture.ts';
import { defaults, describeEachReceiver, payloads, startCapture } from './fixture.ts';

async function start() {
  const capture = await startCapture();
  const client = await capture.connect();
  const seen = (count: number) =>
    until('capture to see the packets', () => {
      const { packets, paused } = capture.capture.list().streams[0]!.counters;
      return packets + paused === count;
    });
  const send = async (stream: string, target: Parameters<typeof capture.sender.send>[1], count = 10) => {
    for (let index = 0; index < count; index += 1) await capture.sender.send(stream, target);
  };
  return { ...capture, client, seen, send };
}

/** Every byte that can be got out of the journal's files with the private key, and the files as they are. */
async function everythingIn(folder: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const name of readdirSync(folder)) {
    parts.push(readFileSync(join(folder, name)));
    const reader = await SegmentReader.open(join(folder, name), { privateKey: keys.privateKey });
    for (let block = await reader.next(); block; block = await reader.next())
      parts.push(...block.records.map(({ bytes }) => bytes));
    await reader.close();
  }
  return Buffer.concat(parts);
}

describeEachReceiver('while nobody knows whether a stream is paused', () => {
  it('R-REC-6: what comes after its owner has gone is readable once the next owner says that it runs, in its order', async () => {
    const { client, connect, capture, sender, seen, send, read, journalFolder } = await start();
    const target = await client.open({ ...defaults, stream: 'call' });
    await send('call', target);
    await seen(10);
    client.disconnect();
    await until('capture to notice', () => capture.list().streams[0]!.withheld);
    await send('call', target);
    await seen(20);
    const again = await connect();
    expect(payloads(await read('call'), 'call')).toEqual(sender.ledger('call').slice(0, 10));
    expect((await everythingIn(journalFolder)).includes('call 15')).toBe(false);
    expect(await again.gates({ paused: [], running: ['call'] })).toEqual({ withheld: 0 });
    await send('call', target);
    expect((await again.close('call')).counters).toMatchObject({ packets: 30, paused: 0, lost: 0 });
    expect(payloads(await read('call'), 'call')).toEqual(sender.ledger('call'));
  });

  it('R-REC-6: when the next owner says that it is paused, it is gone: in no byte of the disk, with all keys', async () => {
    const { client, connect, capture, sender, seen, send, read, journalFolder } = await start();
    const target = await client.open({ ...defaults, stream: 'card' });
    await send('card', target);
    await seen(10);
    client.disconnect();
    await until('capture to notice', () => capture.list().streams[0]!.withheld);
    const goneMs = performance.timeOrigin + performance.now();
    await send('card', target);
    await seen(20);
    const again = await connect();
    await again.gates({ paused: ['card'], running: [] });
    const { atMs } = await again.pause('card');
    expect(atMs).toBeLessThanOrEqual(goneMs + 1);
    await send('card', target);
    await again.resume('card');
    await send('card', target);
    expect((await again.close('card')).counters).toMatchObject({ packets: 20, paused: 20 });
    const ledger = sender.ledger('card');
    expect(payloads(await read('card'), 'card')).toEqual([...ledger.slice(0, 10), ...ledger.slice(30)]);
    const everything = await everythingIn(journalFolder);
    for (const said of ledger.slice(10, 30)) expect(everything.includes(said)).toBe(false);
    expect(everything.includes(ledger[0]!)).toBe(true);
  });

  it('R-REC-6: a stream may be opened by who does not know, and one that ends unknown is gone', async () => {
    const { client, seen, send, read, events } = await start();
    const known = await client.open({ ...defaults, stream: 'known', paused: 'unknown' });
    await send('known', known);
    await seen(10);
    await client.resume('known');
    expect((await client.close('known')).counters).toMatchObject({ packets: 10 });
    expect(payloads(await read('known'), 'known')).toHaveLength(10);
    const unknown = await client.open({ ...defaults, stream: 'unknown', paused: 'unknown' });
    await send('unknown', unknown);
    expect((await client.close('unknown')).counters).toMatchObject({ packets: 0, paused: 10 });
    expect(payloads(await read('unknown'), 'unknown')).toEqual([]);
    expect(events.some((event) => event.event === 'alarm' && event.alarm === 'withheld-shredded')).toBe(true);
  });

  it('R-REC-6: a pause that holds is not touched by who does not know of it', async () => {
    const { client, connect, send, read } = await start();
    const target = await client.open({ ...defaults, stream: 'card' });
    const { atMs } = await client.pause('card');
    const again = await connect({ epoch: 2 });
    await again.gates({ paused: [], running: ['card'] });
    expect(await again.list()).toMatchObject([{ paused: true, withheld: false }]);
    expect((await again.pause('card')).atMs).toBe(atMs);
    await send('card', target);
    await again.close('card');
    expect(payloads(await read('card'), 'card')).toEqual([]);
  });

  it('R-REC-6: over several owners that say nothing, all is kept until one speaks', async () => {
    const { client, connect, seen, send, sender, read } = await start();
    const target = await client.open({ ...defaults, stream: 'call' });
    for (let epoch = 2; epoch < 6; epoch += 1) {
      await connect({ epoch });
      await send('call', target);
    }
    await seen(40);
    const last = await connect({ epoch: 9 });
    await last.gates({ paused: [], running: ['call'] });
    await last.close('call');
    expect(payloads(await read('call'), 'call')).toEqual(sender.ledger('call'));
  });
});
