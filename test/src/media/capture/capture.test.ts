// Capture over real sockets and a real journal, in this process.

import { once } from 'node:events';
import { createConnection } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { inspectJournal, readStreams, type StreamRecord } from '#src/journal';
import { type ControlEvent, captureWriter } from '#src/media/capture';
import { until } from '../../../harness/processes.ts';
import { keys } from '../../journal/fixture.ts';
import { MemoryFiles } from '../../journal/memory-files.ts';
import { defaults, describeEachReceiver, payloads, startCapture as start } from './fixture.ts';

describeEachReceiver('capture', () => {
  it('R-REC-5: packets in are records out, each stream in order, over several segments', async () => {
    const { sender, connect, read, journalFolder } = await start({ segmentBytesMax: 16_384 });
    const client = await connect();
    const names = ['a', 'b', 'c', 'd'];
    const targets = await Promise.all(names.map((stream) => client.open({ ...defaults, stream })));
    for (let round = 0; round < 400; round += 1) {
      for (const [index, name] of names.entries()) await sender.send(name, targets[index]!);
    }
    const ends = await Promise.all(names.map((name) => client.close(name)));
    const records = await read(...names);
    for (const [index, name] of names.entries()) {
      expect(payloads(records, name)).toEqual(sender.ledger(name));
      expect(ends[index]!.counters).toMatchObject({ packets: 400, lost: 0, duplicates: 0, malformed: 0 });
    }
    const inspection = await inspectJournal(journalFolder);
    expect(inspection.intact).toBe(true);
    expect(inspection.segments.length).toBeGreaterThan(1);
  });

  it('R-REC-5: the range of a closed stream holds all of it and needs no more', async () => {
    const { sender, connect, journalFolder } = await start({ segmentBytesMax: 16_384 });
    const client = await connect();
    for (let call = 0; call < 10; call += 1) {
      const stream = `call-${call}`;
      const target = await client.open({ ...defaults, stream });
      for (let count = 0; count < 100; count += 1) await sender.send(stream, target);
      const { from, to } = await client.close(stream);
      const { privateKey } = keys;
      const options = { folder: journalFolder, writer: captureWriter, privateKey, range: { from, to } };
      const records: StreamRecord[] = [];
      for await (const batch of readStreams({ ...options, streams: new Set([stream]) })) records.push(...batch);
      expect(payloads(records, stream)).toEqual(sender.ledger(stream));
      expect(records.filter(({ kind }) => kind === 'fact').length).toBeGreaterThanOrEqual(2);
    }
  });

  it('R-REC-6: what comes during a pause is in no block, what comes before and after is', async () => {
    const { capture, sender, connect, read } = await start();
    const client = await connect();
    const target = await client.open({ ...defaults, stream: 'card' });
    const send = async (count: number) => {
      for (let index = 0; index < count; index += 1) await sender.send('card', target);
    };
    const seen = (count: number) =>
      until('capture to see the packets', () => {
        const { packets, paused } = capture.list().streams[0]!.counters;
        return packets + paused === count;
      });
    await send(10);
    await seen(10);
    await client.pause('card');
    await send(10);
    // Not waited for: what waits in the socket when the order to resume comes belongs to the pause.
    await client.resume('card');
    await seen(20);
    await send(10);
    const { counters } = await client.close('card');
    expect(counters).toMatchObject({ packets: 20, paused: 10, lost: 0 });
    const ledger = sender.ledger('card');
    const records = await read('card');
    expect(payloads(records, 'card')).toEqual([...ledger.slice(0, 10), ...ledger.slice(20)]);
    const facts = records.filter(({ kind }) => kind === 'fact').map(({ bytes }) => JSON.parse(bytes.toString()).fact);
    expect(facts.filter((fact) => fact !== 'stream-source-changed')).toEqual([
      'stream-opened',
      'stream-paused',
      'stream-resumed',
      'stream-closed',
    ]);
  });

  it('R-REC-6: a stream opened paused records nothing until it is resumed; a pause during a resume stands', async () => {
    const { sender, connect, read } = await start();
    const client = await connect();
    const target = await client.open({ ...defaults, stream: 'card', paused: true });
    await sender.send('card', target);
    await Promise.all([client.resume('card'), client.pause('card')]);
    await sender.send('card', target);
    expect((await client.close('card')).counters).toMatchObject({ packets: 0, paused: 2 });
    expect(payloads(await read('card'), 'card')).toEqual([]);
  });

  it('R-REC-5: a stream that ends while the disk refuses is whole when space returns, and only then its end is told', async () => {
    const files = new MemoryFiles();
    const { capture, sender, connect, read, events } = await start({ files });
    const client = await connect();
    const target = await client.open({ ...defaults, stream: 'late' });
    files.bytesMax = 0;
    for (let count = 0; count < 50; count += 1) await sender.send('late', target);
    const closing = client.close('late');
    await until('the alarm', () => events.some((event) => event.event === 'alarm'));
    await until('the stream to be gone', async () => (await client.list()).length === 0);
    files.bytesMax = Number.POSITIVE_INFINITY;
    const { from, to } = await closing;
    expect(payloads(await read('late'), 'late')).toEqual(sender.ledger('late'));
    expect(payloads(await read.range({ from, to }, 'late'), 'late')).toEqual(sender.ledger('late'));
    expect(capture.stats().recordsDropped).toBe(0);
  });

  it('R-REC-3: RTCP is recorded beside RTP, from its own port or the same', async () => {
    const { sender, connect, read } = await start();
    const client = await connect();
    const report = Buffer.from([0x80, 200, 0, 1, 0, 0, 0, 9]);
    for (const rtcpMux of [true, false]) {
      const stream = `mux-${rtcpMux}`;
      const target = await client.open({ ...defaults, stream, rtcpMux });
      expect(target.rtpPort === target.rtcpPort).toBe(rtcpMux);
      await sender.send(stream, target);
      await sender.sendRaw(report, { address: target.address, rtpPort: target.rtcpPort });
      expect((await client.close(stream)).counters).toMatchObject({ packets: 1, rtcpPackets: 1 });
      expect((await read(stream)).filter(({ kind }) => kind === 'rtcp').map(({ bytes }) => bytes)).toEqual([report]);
    }
  });

  it('R-REC-6: every request may be given twice, and answers the same', async () => {
    const { connect } = await start();
    const client = await connect();
    const request = { ...defaults, stream: 'twice' };
    const [first, second] = await Promise.all([client.open(request), client.open(request)]);
    expect(second).toEqual(first);
    expect(await client.list()).toHaveLength(1);
    const [one, other] = await Promise.all([client.close('twice'), client.close('twice')]);
    expect(other).toEqual(one);
    expect(await client.close('twice')).toEqual(one);
    await expect(client.close('never')).rejects.toMatchObject({ code: 'stream-unknown' });
  });

  it('R-REC-2: more streams than the limit are refused with both figures', async () => {
    const { connect } = await start({ streamsMax: 2 });
    const client = await connect();
    const opens = ['a', 'b', 'c'].map((stream) => client.open({ ...defaults, stream }));
    const outcomes = await Promise.allSettled(opens);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(outcomes[2]).toMatchObject({ reason: { code: 'streams-exhausted' } });
    await client.close('a');
    await client.open({ ...defaults, stream: 'c' });
  });

  it('R-REC-2: silence is reported, counters are reported when they change', async () => {
    const { sender, connect } = await start();
    const events: ControlEvent[] = [];
    const client = await connect({ onEvent: (event) => void events.push(event) });
    const target = await client.open({ ...defaults, stream: 'short', silenceMsMax: 200 });
    await sender.send('short', target);
    await until('silence', () => events.find((event) => event.event === 'silent' && event.stream === 'short'));
    const counters = events.filter((event) => event.event === 'counters');
    expect(counters).toHaveLength(1);
    expect(counters[0]).toMatchObject({ streams: [{ stream: 'short', counters: { packets: 1 } }] });
    expect(await client.list()).toMatchObject([{ silent: true }]);
  });

  it('R-REC-2: silence is reported once, and again when the stream is expected to be heard', async () => {
    const { connect } = await start();
    const silent: number[] = [];
    const client = await connect({ onEvent: (one) => void (one.event === 'silent' && silent.push(one.lastHeardAtMs)) });
    await client.open({ ...defaults, stream: 'held', silenceMsMax: 200 });
    await until('silence', () => silent.length === 1);
    const { atMs } = await client.expect('held');
    expect(await client.list()).toMatchObject([{ silent: false }]);
    await until('silence again', () => silent.length === 2);
    expect(silent[1]).toBe(atMs);
    await expect(client.expect('unknown')).rejects.toMatchObject({ code: 'stream-unknown' });
  });

  it('R-SHD-2: a newer owner fences the older one, whose streams run on', async () => {
    const { sender, connect } = await start();
    const closed: string[] = [];
    const events: ControlEvent[] = [];
    const old = await connect({
      epoch: 3,
      holder: 'old',
      onEvent: (event) => void events.push(event),
      onClosed: (reason) => void closed.push(reason),
    });
    const target = await old.open({ ...defaults, stream: 'kept', note: 'whose' });
    const young = await connect({ epoch: 4, holder: 'young' });
    await until('the fence', () => closed.length > 0);
    expect(closed).toEqual(['fenced']);
    expect(events.at(-1)).toEqual({ event: 'fenced', epoch: 4, holder: 'young' });
    await expect(old.list()).rejects.toMatchObject({ code: 'capture-fenced' });
    await expect(connect({ epoch: 3, holder: 'old' })).rejects.toMatchObject({ code: 'capture-fenced' });
    await expect(connect({ epoch: 4, holder: 'other' })).rejects.toMatchObject({ code: 'capture-fenced' });
    expect(await young.gates({ paused: [], running: ['kept'] })).toEqual({ withheld: 0 });
    expect(await young.list()).toMatchObject([{ stream: 'kept', note: 'whose' }]);
    await sender.send('kept', target);
    expect((await young.close('kept')).counters.packets).toBe(1);
  });

  it('R-REC-6: many streams are listed in pages, all of them once, whatever is closed and opened meanwhile', async () => {
    const { capture, connect } = await start({ streamsMax: 100 });
    const client = await connect();
    const names = Array.from({ length: 70 }, (_, index) => `call-${index}`);
    await Promise.all(names.map((stream) => client.open({ ...defaults, stream })));
    const listed = async () => (await client.list()).map(({ stream }) => stream).sort();
    expect(await listed()).toEqual([...names].sort());
    const pages = capture.list({ most: 30 });
    await client.close('call-29');
    await client.close('call-40');
    await client.open({ ...defaults, stream: 'late' });
    const rest = capture.list({ after: pages.next!, most: 100 });
    expect(rest.next).toBeUndefined();
    const seen = [...pages.streams, ...rest.streams].map(({ stream }) => stream);
    expect(seen.sort()).toEqual([...names.filter((one) => one !== 'call-40'), 'late'].sort());
  });

  it('R-REC-6: streams run on when the control connection goes, and the same owner may come back', async () => {
    const { sender, connect, read } = await start();
    const first = await connect();
    const target = await first.open({ ...defaults, stream: 'lonely' });
    first.disconnect();
    for (let count = 0; count < 20; count += 1) await sender.send('lonely', target);
    const again = await connect();
    await again.gates({ paused: [], running: ['lonely'] });
    await again.close('lonely');
    expect(payloads(await read('lonely'), 'lonely')).toEqual(sender.ledger('lonely'));
  });

  it('R-REC-6: other versions, requests out of turn, unknown requests and broken frames are refused', async () => {
    const { path, connect } = await start();
    const answers = async (...values: unknown[]) => {
      const socket = createConnection(path);
      onTestFinished(() => void socket.destroy());
      const received: unknown[] = [];
      for (const value of values) {
        const json = Buffer.from(JSON.stringify(value));
        const length = Buffer.alloc(4);
        length.writeUInt32BE(json.length);
        socket.write(Buffer.concat([length, json]));
        const [bytes] = (await once(socket, 'data')) as [Buffer];
        received.push(JSON.parse(bytes.subarray(4).toString()));
      }
      return received;
    };
    const hello = { request: 'hello', version: 1, epoch: 9, holder: 'raw' };
    expect(
      await answers(
        { id: 1, request: 'list' },
        { id: 2, ...hello, version: 2 },
        { id: 3, request: 'explode' },
        { id: 4, ...hello },
        { id: 5, request: 'open', stream: '', silenceMsMax: 0, paused: false, rtcpMux: true },
      ),
    ).toMatchObject([
      { id: 1, error: { code: 'capture-fenced' } },
      { id: 2, error: { code: 'capture-version-unknown' } },
      { id: 3, error: { code: 'capture-request-invalid' } },
      { id: 4, result: { version: 1 } },
      { id: 5, error: { code: 'capture-request-invalid' } },
    ]);
    const broken = createConnection(path);
    broken.write(Buffer.alloc(8, 0xff));
    await once(broken, 'close');
    const client = await connect({ epoch: 10 });
    expect((await client.stats()).streams).toBe(0);
  });

  it('R-REC-6: a capture that is not there, or is gone, is told as such', async () => {
    const { connect, control } = await start();
    const closed: string[] = [];
    const client = await connect({ onClosed: (reason) => void closed.push(reason) });
    await control.close();
    await until('the end of the connection', () => closed.length > 0);
    expect(closed).toEqual(['closed']);
    await expect(client.list()).rejects.toMatchObject({ code: 'capture-unreachable' });
    await expect(connect()).rejects.toMatchObject({ code: 'capture-unreachable' });
  });
});
