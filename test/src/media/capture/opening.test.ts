// Orders for a stream that is still being opened: its sockets are on their way from the keeper.

import { expect, it } from 'vitest';
import { until } from '../../../harness/processes.ts';
import { MemoryFiles } from '../../journal/memory-files.ts';
import { defaults, describeEachReceiver, payloads, startCapture } from './fixture.ts';

describeEachReceiver('a stream that is being opened', () => {
  it('R-REC-6: and is paused meanwhile records nothing', async () => {
    const { sender, connect, read } = await startCapture();
    const client = await connect();
    const [target] = await Promise.all([client.open({ ...defaults, stream: 'card' }), client.pause('card')]);
    await sender.send('card', target);
    expect((await client.close('card')).counters).toMatchObject({ packets: 0, paused: 1 });
    expect(payloads(await read('card'), 'card')).toEqual([]);
  });

  it('R-REC-6: paused, and is resumed meanwhile, records', async () => {
    const { sender, connect, read } = await startCapture();
    const client = await connect();
    const opening = client.open({ ...defaults, stream: 'card', paused: true });
    const [target] = await Promise.all([opening, client.resume('card')]);
    await sender.send('card', target);
    await client.close('card');
    expect(payloads(await read('card'), 'card')).toEqual(sender.ledger('card'));
  });

  it('R-SIP-3: and is closed meanwhile, as its call was cancelled, is closed', async () => {
    const { connect } = await startCapture();
    const client = await connect();
    await Promise.all([client.open({ ...defaults, stream: 'gone' }), client.close('gone')]);
    expect(await client.list()).toEqual([]);
  });
});

describeEachReceiver('a stream for which the disk has no room', () => {
  it('R-REC-5: is refused, while those that run go on; when space returns it is welcome', async () => {
    const files = new MemoryFiles();
    files.bytesMax = 2 ** 20;
    const { sender, connect, read, events } = await startCapture({
      files,
      segmentBytesMax: 65_536,
      reserveBytes: 131_072,
    });
    const client = await connect();
    const target = await client.open({ ...defaults, stream: 'runs' });
    const disk = async () => (await client.stats()).disk;
    files.bytesMax -= await files.freeBytes();
    await until('the disk to be scarce', async () => (await disk()) === 'scarce');
    await expect(client.open({ ...defaults, stream: 'new' })).rejects.toMatchObject({ code: 'disk-full' });
    expect(await client.open({ ...defaults, stream: 'runs' })).toEqual(target);
    for (let count = 0; count < 500; count += 1) await sender.send('runs', target);
    files.bytesMax *= 2;
    await until('room', async () => (await disk()) === 'ample');
    await client.open({ ...defaults, stream: 'new' });
    await client.close('runs');
    expect(payloads(await read('runs'), 'runs')).toEqual(sender.ledger('runs'));
    const alarms = events.flatMap((event) => (event.event === 'alarm' ? [event.alarm] : []));
    expect(alarms.filter((alarm) => alarm.startsWith('disk'))).toEqual(['disk-full', 'disk-full-over']);
  });
});
