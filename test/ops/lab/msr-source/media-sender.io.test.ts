import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { compareLedger } from '#ops/lab/msr-source';
import { isRtcp, parseRtp, type RtpPacket } from '#src/media';
import { VirtualClock } from '#src/ports';
import { payloadsOf } from '../../../../ops/lab/msr-source/audio.ts';
import { MediaSender } from '../../../../ops/lab/msr-source/media-sender.io.ts';
import type { StreamPlan } from '../../../../ops/lab/msr-source/schedule.core.ts';
import { until } from '../../../harness/processes.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function ear() {
  const packets: RtpPacket[] = [];
  const fromPorts = new Set<number>();
  let reports = 0;
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closing.push(() => socket.close());
  socket.on('message', (bytes, { port }) => {
    fromPorts.add(port);
    if (isRtcp(bytes)) reports += 1;
    else packets.push(parseRtp(bytes) as RtpPacket);
  });
  return { packets, fromPorts, reports: () => reports, target: { address: '127.0.0.1', port: socket.address().port } };
}

async function sender() {
  const clock = new VirtualClock();
  const media = await MediaSender.open('127.0.0.1', clock);
  closing.push(() => media.close());
  const start = (
    to: { address: string; port: number; reportPort?: number },
    more: { packets?: number; plan?: StreamPlan; transmitRate?: number } = {},
  ) => {
    const one = {
      ssrc: 7,
      payloadType: 0,
      origin: { sequence: 65_530, timestamp: 0, timestampUnitsPerSlot: 160 },
      payloads: payloadsOf({ kind: 'counters', ...(more.packets !== undefined && { packets: more.packets }) }, 'PCMU'),
      plan: more.plan ?? {},
      transmitRate: more.transmitRate ?? 1,
      from: media.shared,
      to,
    };
    return media.start([one])[0]!;
  };
  return { clock, media, start };
}

const slots = (packets: readonly RtpPacket[]) => packets.map(({ payload }) => Number(payload.readBigUInt64BE(0)));

describe('media-sender', () => {
  it('sends one packet each 20 ms, the first at once, and keeps count of every one', async () => {
    const [{ clock, start }, { packets, target }] = [await sender(), await ear()];
    const stream = start(target, { packets: 50 });
    expect(stream.ledger.count).toBe(1);
    clock.advance(500);
    expect(stream.ledger.count).toBe(26);
    clock.advance(1_000);
    await stream.said;
    await until('50 packets', () => packets.length === 50);
    expect(slots(packets)).toEqual(Array.from({ length: 50 }, (_, slot) => slot));
    expect(packets.map(({ marker }) => marker).indexOf(true, 1)).toBe(-1);
    expect(compareLedger(stream.ledger, packets)).toMatchObject({ sent: 50, recorded: 50, missing: 0, extra: 0 });
    expect(clock.pendingCount).toBe(0);
  });

  it('R-REC-3: at 4 times real time four packets leave where one is due, numbered as ever', async () => {
    const [{ clock, start }, { packets, target }] = [await sender(), await ear()];
    const stream = start(target, { transmitRate: 4, packets: 100 });
    clock.advance(20);
    expect(stream.ledger.count).toBe(5);
    clock.advance(480);
    await stream.said;
    await until('100 packets', () => packets.length === 100);
    expect(packets.at(-1)!.timestamp).toBe(99 * 160);
  });

  it('R-REC-3: planned misfortune happens, and the ledger knows what left', async () => {
    const [{ clock, start }, { packets, target }] = [await sender(), await ear()];
    const plan = { lost: [2], doubled: [4], late: [{ slot: 5, bySlots: 1 }], pauses: [{ fromSlot: 8, slots: 2 }] };
    const stream = start(target, { packets: 12, plan });
    clock.advance(400);
    await stream.said;
    await until('all packets', () => packets.length === 10);
    expect(slots(packets)).toEqual([0, 1, 3, 4, 4, 6, 5, 7, 10, 11]);
    expect(compareLedger(stream.ledger, packets)).toMatchObject({ sent: 9, recorded: 9, repeated: 1, missing: 0 });
  });

  it('on hold nothing leaves while time goes on; afterwards the way may be another', async () => {
    const [{ clock, media, start }, first, second] = [await sender(), await ear(), await ear()];
    const stream = start(first.target);
    clock.advance(80);
    stream.hold(true);
    clock.advance(100);
    stream.hold(false);
    stream.move(await media.openPort(), second.target);
    clock.advance(40);
    await until('both ears', () => first.packets.length === 5 && second.packets.length === 2);
    expect(slots(second.packets)).toEqual([10, 11]);
    expect(second.packets[0]).toMatchObject({ marker: true, sequence: (65_530 + 5) & 0xffff, timestamp: 1_600 });
    expect([...second.fromPorts]).not.toEqual([...first.fromPorts]);
  });

  it('R-REC-1: digits take the place of audio, each a telephone event of 100 ms whose end is said three times', async () => {
    const [{ clock, start }, { packets, target }] = [await sender(), await ear()];
    const stream = start(target, { packets: 20 });
    stream.press('5#');
    clock.advance(400);
    await stream.said;
    await until('20 packets', () => packets.length === 20);
    const digits = packets.slice(1, 15);
    expect(digits.every(({ payloadType }) => payloadType === 101)).toBe(true);
    expect(digits.map(({ timestamp }) => timestamp / 160)).toEqual([...Array(7).fill(1), ...Array(7).fill(8)]);
    expect(digits.flatMap(({ marker }, index) => (marker ? [index] : []))).toEqual([0, 7]);
    const events = digits.map(({ payload }) => payload.toString('hex'));
    const five = ['050a00a0', '050a0140', '050a01e0', '050a0280', '058a0320', '058a0320', '058a0320'];
    expect(events).toEqual([...five, ...five.map((event) => event.replace(/^05/, '0b'))]);
    expect(packets.map(({ sequence }) => (sequence - 65_530) & 0xffff)).toEqual([...Array(20).keys()]);
    expect(slots([packets[0]!, ...packets.slice(15)])).toEqual([0, 15, 16, 17, 18, 19]);
    expect(compareLedger(stream.ledger, packets)).toMatchObject({ sent: 20, recorded: 20, extra: 0 });
    expect([...stream.ledger].map(({ atMs }) => atMs)).toEqual(Array.from({ length: 20 }, (_, slot) => 20 * slot));
    expect(() => stream.press('5x')).toThrow("'x' is no digit");
  });

  it('who was kept from running goes on where it was instead of sending everything at once', async () => {
    const [{ clock, start }, { target }] = [await sender(), await ear()];
    const stream = start(target);
    stream.sendDue(clock.monotonicMs() + 60_000, clock.nowMs());
    expect(stream.ledger.count).toBe(26);
  });

  it('reports at once and every 5 s when asked to', async () => {
    const [{ clock, start }, { packets, reports, target }] = [await sender(), await ear()];
    const stream = start({ ...target, reportPort: target.port });
    for (let second = 0; second < 11; second += 1) {
      clock.advance(1_000);
      await until('what was sent', () => packets.length === stream.ledger.count);
    }
    await until('three reports', () => reports() === 3);
  });
});
