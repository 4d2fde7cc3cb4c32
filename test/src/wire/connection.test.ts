import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeFrame } from '#src/frames';
import { VirtualClock } from '#src/ports';
import { type Endpoint, type WireConnection, type WireLimits, WireListener, wireLimits } from '#src/wire';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Pair {
  readonly endpoint: Endpoint;
  /** The end under test. */
  readonly connection: WireConnection;
  /** The other end, bare. */
  readonly peer: Socket;
  readonly heard: unknown[];
  readonly closed: Promise<string>;
}

/** `hears`: what the end under test does with each value, when it has been noted. */
async function pair(
  clock: VirtualClock,
  limits: Partial<WireLimits> = {},
  hears: (connection: WireConnection) => void = () => {},
): Promise<Pair> {
  const heard: unknown[] = [];
  let close: (reason: string) => void;
  const closed = new Promise<string>((resolve) => {
    close = resolve;
  });
  let accept: (connection: WireConnection) => void;
  const accepted = new Promise<WireConnection>((resolve) => {
    accept = resolve;
  });
  const listener = await WireListener.listen({
    host: '127.0.0.1',
    port: 0,
    clock,
    limits: { ...wireLimits, ...limits },
    connectionsMax: 1,
    attend: (connection) => {
      accept(connection);
      return {
        value(value) {
          heard.push(value);
          hears(connection);
        },
        unreadable: ({ message }) => heard.push(message),
        closed: (reason) => close(reason),
      };
    },
  });
  ends.push(() => listener.close());
  const peer = connect(listener.endpoint);
  peer.on('error', () => {});
  ends.push(() => peer.destroy());
  return { endpoint: listener.endpoint, connection: await accepted, peer, heard, closed };
}

describe('a framed connection', () => {
  it('R-CTI-2: an end that has nothing to say gives a sign of life, and one that hears nothing closes', async () => {
    const clock = new VirtualClock();
    const { peer, closed } = await pair(clock, { beatMs: 100, silenceMsMax: 250 });
    clock.advance(100);
    const [bytes] = (await once(peer, 'data')) as [Buffer];
    expect(bytes).toEqual(encodeFrame(null));
    clock.advance(200);
    expect(await closed).toBe('silent');
    expect(clock.pendingCount).toBe(0);
  });

  it('R-CTI-2: signs of life keep it, and are not handed on', async () => {
    const clock = new VirtualClock();
    const { connection, peer, heard } = await pair(clock, { beatMs: 100, silenceMsMax: 250 });
    for (let round = 0; round < 5; round += 1) {
      peer.write(Buffer.concat([encodeFrame(null), encodeFrame(round)]));
      while (heard.length <= round) await new Promise(setImmediate);
      clock.advance(200);
    }
    expect(heard).toEqual([0, 1, 2, 3, 4]);
    expect(connection.send('still here')).toBe(true);
  });

  it('R-CTI-2: a frame that is no JSON costs itself; one that is too long costs the connection', async () => {
    const { peer, heard, closed } = await pair(new VirtualClock(), { frameBytesMax: 1_000 });
    const broken = Buffer.from('\0\0\0\x03{]}');
    peer.write(Buffer.concat([encodeFrame(1), broken, encodeFrame(2)]));
    while (heard.length < 3) await new Promise(setImmediate);
    expect(heard.filter((one) => typeof one === 'number')).toEqual([1, 2]);
    expect(heard).toContain('a frame that is not JSON: {]}');
    peer.write('GET / HTTP/1.1\r\n\r\n');
    expect(await closed).toBe('frame-invalid');
  });

  it('R-CTI-2: a peer that does not read loses the connection, not our memory', async () => {
    const { connection, peer, closed } = await pair(new VirtualClock(), { backlogBytesMax: 1_000_000 });
    peer.pause();
    const frame = encodeFrame('x'.repeat(100_000));
    let sent = 0;
    while (connection.sendFrame(frame) && sent < 10_000) {
      sent += 1;
      if (sent % 5 === 0) await new Promise(setImmediate);
    }
    expect(await closed).toBe('does-not-read');
    expect(connection.send(1)).toBe(false);
  });

  it('R-CTI-2: a connection that is paused hands nothing over, holds its peer up, and loses nothing', async () => {
    const clock = new VirtualClock();
    // Its owner pauses again and again, in the midst of what came together.
    const { connection, peer, heard } = await pair(clock, { beatMs: 100, silenceMsMax: 250 }, (one) => {
      one.pause();
      setImmediate(() => one.resume());
    });
    const count = 2_000;
    const frames = Array.from({ length: count }, (_, index) => encodeFrame({ index, text: 'x'.repeat(8_000) }));
    connection.pause();
    for (const frame of frames) peer.write(frame);
    clock.advance(1_000); // who is held up is not silent
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    expect(heard).toEqual([]);
    expect(peer.writableLength).toBeGreaterThan(1_000_000);
    connection.resume();
    while (heard.length < count) await new Promise(setImmediate);
    expect(heard.map((one) => (one as { index: number }).index)).toEqual(frames.map((_, index) => index));
  });

  it('R-CTI-2: what a peer told before it went is told, though its owner had paused', async () => {
    const { connection, peer, heard, closed } = await pair(new VirtualClock(), {}, (one) => one.pause());
    peer.write(Buffer.concat([1, 2, 3].map(encodeFrame)));
    while (heard.length === 0) await new Promise(setImmediate);
    expect(heard).toEqual([1]);
    peer.resetAndDestroy();
    while (connection.send('x')) await new Promise(setImmediate);
    expect(await closed).toBe('socket-error');
    expect(heard).toEqual([1, 2, 3]);
  });

  it('R-CTI-2: who comes when it is full is turned away', async () => {
    const { connection, endpoint } = await pair(new VirtualClock());
    const second = connect(endpoint);
    second.on('error', () => {});
    await once(second, 'close');
    expect(connection.send(1)).toBe(true);
  });

  it('R-CTI-2: what was sent before it is closed still arrives, and a torn frame arrives in part', async () => {
    const { connection, peer, closed } = await pair(new VirtualClock());
    connection.send('last words');
    connection.tear('never whole', 6);
    const parts: Buffer[] = [];
    peer.on('data', (bytes: Buffer) => parts.push(bytes));
    await once(peer, 'close');
    const whole = Buffer.concat([encodeFrame('last words'), encodeFrame('never whole').subarray(0, 6)]);
    expect(Buffer.concat(parts)).toEqual(whole);
    expect(await closed).toBe('closed-here');
  });
});
