// Packets that nobody signalled, over real sockets.

import { expect, it } from 'vitest';
import type { StreamRecord } from '#src/journal';
import { buildRtp } from '#src/media';
import { type CaptureFact, readQuarantined } from '#src/media/capture';
import { quarantine } from '../../../../src/media/capture/quarantine.ts';
import { until } from '../../../harness/processes.ts';
import { defaults, describeEachReceiver, payloads, startCapture } from './fixture.ts';
import { LedgerSender } from './sender.ts';

const rtcp = Buffer.from([0x80, 200, 0, 1, 0, 0, 0, 9]);

async function start() {
  const capture = await startCapture();
  const client = await capture.connect();
  const signalled = { address: '127.0.0.1', port: capture.sender.port };
  const other = async () => {
    const sender = await LedgerSender.open();
    return { sender, source: { address: '127.0.0.1', port: sender.port } };
  };
  const open = async (stream: string, peer = signalled) => {
    const target = await client.open({ ...defaults, stream, peer });
    const counters = async () => (await client.list()).find((one) => one.stream === stream)!.counters;
    return { target, counters };
  };
  return { ...capture, client, signalled, other, open };
}

function factsIn(records: readonly StreamRecord[]): CaptureFact[] {
  return records.filter(({ kind }) => kind === 'fact').map(({ bytes }) => JSON.parse(bytes.toString()) as CaptureFact);
}

describeEachReceiver('packets from elsewhere than the peer', () => {
  it('R-REC-4: a stranger in a running call is in quarantine, not in the stream; it is told once, as fact and alarm', async () => {
    const { client, sender, other, open, read, events } = await start();
    const { target } = await open('call');
    const stranger = await other();
    for (let count = 0; count < 200; count += 1) {
      await sender.send('call', target);
      await stranger.sender.send('injected', target);
    }
    await stranger.sender.sendRaw(rtcp, target);
    expect((await client.close('call')).counters).toMatchObject({
      packets: 200,
      foreign: 201,
      quarantined: 201,
      lost: 0,
    });
    const records = await read('call');
    expect(payloads(records, 'call')).toEqual(sender.ledger('call'));
    const kept = records.filter(({ kind }) => kind === 'quarantined').map(({ bytes }) => readQuarantined(bytes));
    expect(kept.slice(0, 200).map(({ datagram }) => datagram.subarray(12).toString())).toEqual(
      stranger.sender.ledger('injected'),
    );
    expect(kept.every(({ source }) => source.port === stranger.source.port)).toBe(true);
    expect(factsIn(records).filter(({ fact }) => fact === 'stream-foreign')).toEqual([
      { fact: 'stream-foreign', source: stranger.source },
    ]);
    expect(events.filter((event) => event.event === 'alarm')).toMatchObject([{ alarm: 'foreign-packets' }]);
    stranger.sender.close();
  });

  it('R-REC-4: the quarantine is bounded in packets and bytes', async () => {
    const { client, other, open } = await start();
    const small = await open('small');
    const large = await open('large');
    const stranger = await other();
    const payload = Buffer.alloc(8_000);
    for (let sequence = 0; sequence < quarantine.packetsMax + 50; sequence += 1) {
      await stranger.sender.send('injected', small.target);
      if (sequence >= 50) continue;
      const packet = buildRtp({ payloadType: 0, sequence, timestamp: 0, ssrc: 7 }, payload);
      await stranger.sender.sendRaw(packet, large.target);
    }
    expect((await client.close('small')).counters).toMatchObject({ packets: 0, quarantined: quarantine.packetsMax });
    const { counters } = await client.close('large');
    expect(counters).toMatchObject({ packets: 0, foreign: 50 });
    expect(counters.quarantined).toBe(Math.floor(quarantine.bytesMax / 8_024));
    stranger.sender.close();
  });

  it('R-REC-4: nothing of a stranger is kept in a pause: it may be the peer itself', async () => {
    const { client, other, open, read } = await start();
    const { target, counters } = await open('card');
    const stranger = await other();
    await client.pause('card');
    await stranger.sender.send('injected', target);
    await until('the packet', async () => (await counters()).foreign === 1);
    expect((await client.close('card')).counters).toMatchObject({ foreign: 1, quarantined: 0 });
    expect((await read('card')).filter(({ kind }) => kind !== 'fact')).toEqual([]);
    stranger.sender.close();
  });

  it('R-REC-4: a peer that sends from another port is heard after 2 s, is told, and is known to a successor', async () => {
    const { client, other, open, read, events, notes } = await start();
    const { target, counters } = await open('elsewhere');
    const peer = await other();
    await until('promotion', async () => {
      await peer.sender.send('elsewhere', target);
      return (await counters()).packets > 0;
    });
    expect(JSON.parse(notes.at(-1)!)).toMatchObject({ source: peer.source });
    await client.close('elsewhere');
    const records = await read('elsewhere');
    const facts = factsIn(records);
    expect(facts).toContainEqual(expect.objectContaining({ change: 'promoted', source: peer.source }));
    expect(events.filter((event) => event.event === 'alarm').map(({ alarm }) => alarm)).toEqual([
      'foreign-packets',
      'source-promoted',
    ]);
    const kept = records.filter(({ kind }) => kind === 'quarantined').length;
    expect(kept + payloads(records, 'elsewhere').length).toBe(peer.sender.ledger('elsewhere').length);
    peer.sender.close();
  });

  it('R-REC-4: a signalled move loses nothing: not what comes from there too early, not what is on its way from before', async () => {
    const { client, sender, other, open, read } = await start();
    const { target, counters } = await open('moved');
    const next = await other();
    await sender.send('moved', target);
    await next.sender.send('early', target);
    await until('the early packet', async () => (await counters()).quarantined === 1);
    await client.move('moved', next.source);
    await sender.send('moved', target);
    await next.sender.send('early', target);
    expect((await client.close('moved')).counters).toMatchObject({ packets: 3, foreign: 1 });
    const facts = factsIn(await read('moved'));
    const moved = facts.find((one) => one.fact === 'stream-moved');
    expect(moved).toMatchObject({ peer: next.source });
    next.sender.close();
  });
});
