import { describe, expect, it, onTestFinished } from 'vitest';
import { VirtualClock } from '#src/ports';
import { Orders } from '../../../cluster/recorder/orders.io.ts';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder } from '../../harness/processes.ts';

function newFolder(): string {
  const folder = temporaryFolder('orders');
  onTestFinished(() => folder.remove());
  return folder.path;
}

/** `close` is not called where a kill is meant. */
async function open(folder: string, clock = new VirtualClock()): Promise<Orders> {
  const orders = await Orders.open({
    folder,
    ...journalKeys,
    clock,
    onAlarm: ({ message }) => expect.fail(message),
    onCut: () => {},
  });
  onTestFinished(() => orders.close());
  return orders;
}

const by = (n: number, holder: string) => ({ shard: 'acme/3', epoch: { n, holder } });

describe('what a recorder was ordered', () => {
  it('R-SHD-2: nobody of yesterday is obeyed, also after kill -9; of one number the first who came', async () => {
    const folder = newFolder();
    (await open(folder)).admit(by(7, 'a'));
    const successor = await open(folder);
    for (const stale of [by(6, 'a'), by(6, 'b'), by(7, 'b')])
      expect(() => successor.admit(stale)).toThrow(expect.objectContaining({ code: 'mandate-stale' }));
    successor.admit(by(7, 'a'));
    successor.admit({ shard: 'acme/4', epoch: { n: 1, holder: 'b' } });
    successor.admit(by(8, 'b'));
    expect(() => successor.admit(by(7, 'a'))).toThrow('holder 8 is b');
    expect(successor.refused).toBe(4);
  });

  it('R-REC-6: a pause is kept until it is taken back, also after kill -9, and for an hour', async () => {
    const folder = newFolder();
    const first = await open(folder);
    await first.pause('r1', { by: 'agent', orders: ['one'] });
    await first.pause('r2', { by: 'agent' });
    await first.resume('r2');
    const clock = new VirtualClock();
    const successor = await open(folder, clock);
    expect([successor.pausedBy('r1'), successor.pausedBy('r2')]).toEqual([{ by: 'agent', orders: ['one'] }, undefined]);
    clock.advance(3_600_001);
    await successor.compact();
    expect(successor.pausedBy('r1')).toBeUndefined();
  });

  it('R-REC-6: who takes orders back takes back no other; who names none takes back all', async () => {
    const orders = await open(newFolder());
    await orders.pause('r', { by: 'agent', orders: ['one'] });
    await orders.pause('r', { by: 'agent', orders: ['two'] });
    await orders.resume('r', ['one']);
    expect(orders.pausedBy('r')).toEqual({ by: 'agent', orders: ['one', 'two'] });
    await orders.resume('r', ['two', 'one', 'three']);
    expect(orders.pausedBy('r')).toBeUndefined();
    await orders.pause('r', { by: 'agent' });
    await orders.resume('r', ['one']);
    expect(orders.pausedBy('r')).toEqual({ by: 'agent', orders: [] });
    await orders.resume('r');
    expect(orders.pausedBy('r')).toBeUndefined();
  });
});
