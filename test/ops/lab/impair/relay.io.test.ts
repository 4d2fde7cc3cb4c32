import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type RelayOptions, startRelay } from '#ops/lab/impair';
import { VirtualClock } from '#src/ports';
import { until } from '../../../harness/processes.ts';

async function newSocket(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  return socket;
}

/** A relay in front of a target that says back what it hears, with its own mark. */
async function newRelay(options: Omit<RelayOptions, 'target'>) {
  const target = await newSocket();
  const heard: string[] = [];
  target.on('message', (bytes, { port }) => {
    heard.push(bytes.toString());
    target.send(`back ${bytes}`, port, '127.0.0.1');
  });
  const relay = await startRelay({ target: target.address(), ...options });
  onTestFinished(() => relay.close());
  return { relay, heard };
}

/** Sends numbers one by one, each after the one before has been dealt with. */
async function sendTo({ relay, heard }: Awaited<ReturnType<typeof newRelay>>, count: number): Promise<string[]> {
  const client = await newSocket();
  const answers: string[] = [];
  client.on('message', (bytes) => answers.push(bytes.toString()));
  for (let number = 0; number < count; number += 1) {
    const { received } = relay.counters().there;
    client.send(String(number), relay.local.port, relay.local.address);
    await until('the relay', () => relay.counters().there.received > received);
  }
  await until('the target', () => {
    const { there, back } = relay.counters();
    return heard.length === there.sent && back.received === there.sent && answers.length === back.sent;
  });
  return answers;
}

describe('R-LAB-1: a bad network', () => {
  it('carries both ways, each client by a socket of its own', async () => {
    const { relay } = await newRelay({ seed: 1 });
    const ask = async (text: string) => {
      const client = await newSocket();
      client.send(text, relay.local.port, relay.local.address);
      return String((await once(client, 'message'))[0]);
    };
    expect(await Promise.all(['one', 'two', 'three'].map(ask))).toEqual(['back one', 'back two', 'back three']);
  });

  it('same seed, same fate; each way by itself', async () => {
    const runs = [];
    for (const seed of [5, 5, 6]) {
      const network = await newRelay({ seed, there: { lossRate: 0.2 }, back: { lossRate: 0.3, duplicateRate: 0.1 } });
      const answers = await sendTo(network, 100);
      runs.push({ heard: network.heard, answers, counters: network.relay.counters() });
    }
    expect(runs[0]).toEqual(runs[1]);
    expect(runs[0]).not.toEqual(runs[2]);
    const { there, back } = runs[0]!.counters;
    expect(there).toMatchObject({ received: 100, duplicated: 0, refused: 0 });
    expect([there.sent, back.sent]).toEqual([100 - there.lost, back.received - back.lost + back.duplicated]);
  });

  it('lets later ones overtake, on its clock', async () => {
    const clock = new VirtualClock();
    const network = await newRelay({ seed: 3, clock, there: { delayMs: 5, reorderRate: 0.3, reorderMs: 50 } });
    const client = await newSocket();
    for (let number = 0; number < 20; number += 1) {
      client.send(String(number), network.relay.local.port, network.relay.local.address);
      await until('the relay', () => network.relay.counters().there.received === number + 1);
    }
    expect(network.heard).toEqual([]);
    clock.advance(5);
    const { reordered } = network.relay.counters().there;
    await until('the quick ones', () => network.heard.length === 20 - reordered);
    clock.advance(50);
    await until('all', () => network.heard.length === 20);
    expect(reordered).toBeGreaterThan(0);
    expect(network.heard).not.toEqual(network.heard.toSorted((one, other) => Number(one) - Number(other)));
  });

  it('drops what is over its bounds', async () => {
    const clock = new VirtualClock();
    const network = await newRelay({ seed: 1, clock, clientsMax: 1, heldMax: 2, there: { delayMs: 5 } });
    const [first, second] = [await newSocket(), await newSocket()];
    for (const client of [first, first, first, second]) {
      const { received } = network.relay.counters().there;
      client.send('x', network.relay.local.port, network.relay.local.address);
      await until('the relay', () => network.relay.counters().there.received > received);
    }
    expect(network.relay.counters().there).toMatchObject({ received: 4, refused: 2, sent: 0 });
    await network.relay.close();
    await network.relay.close();
    expect(clock.pendingCount).toBe(0);
  });
});
