// What is over a bound is refused with a reason, and nothing a stranger sends ends the edge. Over real sockets.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { seededRandom, VirtualClock } from '#src/ports';
import { serialiseMessage } from '#src/sip';
import { type EdgeLimits, startEdge } from '#src/sip/edge';
import { anyMessage } from '../any-message.ts';

describe('R-SIP-3: bounds of the edge', () => {
  it('transactions: 503 with Retry-After, not remembered', async () => {
    const { edge, ask } = await newEdge({ transactionsMax: 1, applicationReturnMsMax: 0 });
    // It waits for its ACK.
    expect(await ask('INVITE', 'a')).toMatch(/^SIP\/2.0 503/);
    expect(await ask('OPTIONS', 'b')).toMatch(/^SIP\/2.0 503.*\r\nRetry-After: 5\r\n/s);
    expect(edge.counters()).toMatchObject({
      transactions: 1,
      refused: { 'no-application': 1, 'transactions-full': 1 },
    });
  });

  it('dialogs: 503 with Retry-After', async () => {
    const { edge, ask } = await newEdge({ dialogsMax: 0 });
    expect(await ask('INVITE', 'a')).toMatch(/^SIP\/2.0 503.*\r\nRetry-After: 5\r\n/s);
    expect(edge.counters().refused).toEqual({ 'dialogs-full': 1 });
  });

  it('connections: one more is closed', async () => {
    const { edge, application } = await newEdge({ connectionsMax: 1 });
    await application();
    const second = await application({ authenticate: false });
    await closing(second.socket);
    expect(edge.counters()).toMatchObject({ connections: 1, refused: { 'connections-full': 1 } });
  });

  it('routes: one more is refused', async () => {
    const { application } = await newEdge({ routesMax: 1 });
    const { ask } = await application();
    expect(await ask('1|route|invite')).toMatch(/\|1\|OK$/);
    expect(await ask('2|route|invite')).toMatch(/\|2\|OK$/);
    expect(await ask('3|route|info')).toMatch(/\|3\|NOK\|at most 1 routes$/);
  });

  it('frames: one that is longer closes the connection', async () => {
    const { edge, application } = await newEdge({ frameBytesMax: 100 });
    const { socket } = await application();
    socket.write('101#');
    await closing(socket);
    expect(edge.counters().refused).toEqual({ 'frame-invalid': 1 });
  });

  it('an application that does not read is cut off', async () => {
    const { edge, application, say } = await newEdge({ queueBytesMax: 65_536 });
    const { socket, ask } = await application();
    await ask('1|route|message');
    socket.pause();
    const body = 'x'.repeat(30_000);
    for (let index = 0; edge.counters().connections > 0; index += 1) {
      say('MESSAGE', `slow-${index}`, body);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(edge.counters().refused['application-slow']).toBe(1);
  });

  it('an application may not answer for another one', async () => {
    const { application, say } = await newEdge();
    const [first, second] = [await application(), await application()];
    await first.ask('1|route|message');
    say('MESSAGE', 'a');
    const shown = await first.next();
    const transactionId = shown.split('|')[8]!;
    const reply = 'SIP/2.0 200 OK\r\n\r\n';
    expect(await second.ask(`2|sip|${transactionId}|\r\n${reply}`)).toMatch(
      /NOK\|Response not sent due to unknown transaction$/,
    );
    expect(await first.ask(`2|sip|${transactionId}|\r\n${reply}`)).toMatch(/\|2\|OK\|application\|/);
  });

  it('datagrams of any kind do not end it, and every one is counted', async () => {
    const { edge, send, ask } = await newEdge();
    const mangled = fc
      .tuple(anyMessage, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 6 }))
      .map(([message, at, put]) => {
        const bytes = serialiseMessage(message);
        const place = at % bytes.length;
        return Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + put.length)]);
      });
    const datagrams = fc.oneof(
      mangled,
      anyMessage.map(serialiseMessage),
      fc.uint8Array({ minLength: 5, maxLength: 400 }),
    );
    const many = fc.sample(datagrams, { seed: 4_475, numRuns: process.env['TWINREEL_FULL'] ? 20_000 : 1_000 });
    let sent = 0;
    for (const datagram of many) {
      send(Buffer.from(datagram));
      sent += 1;
      // The kernel's buffer must not overflow, or counting proves nothing.
      while (received(edge.counters()) < sent) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await ask('OPTIONS', 'still-there')).toMatch(/^SIP\/2.0 503/);
  });

  it('frames of any kind do not end it', async () => {
    const { edge, application } = await newEdge();
    const text = fc.oneof(
      fc.string({ maxLength: 60 }),
      anyMessage.map((message) => serialiseMessage(message).toString('latin1')),
    );
    const word = fc.constantFrom('sip', 'route', 'proxy', 'ping', 'remove_route', 'authenticate', 'x', '');
    const frames = fc.tuple(word, fc.array(fc.stringMatching(/^[a-z;=|-]{0,8}$/), { maxLength: 4 }), text);
    const many = fc.sample(frames, { seed: 9_022, numRuns: process.env['TWINREEL_FULL'] ? 5_000 : 300 });
    let open: { socket: Socket; ask(payload: string): Promise<string> } = await application();
    for (const [type, fields, message] of many) {
      if (open.socket.closed || open.socket.readableEnded) open = await application();
      await open.ask(`m|${type}|${fields.join('|')}\r\n${message}`);
    }
    expect(edge.counters().connections).toBeGreaterThanOrEqual(0);
    expect(await (await application()).ask('1|ping')).toMatch(/\|1\|OK\|pong$/);
  });
});

describe('R-SIP-4: several edges', () => {
  it('live in one process and stop cleanly, also twice', async () => {
    const clock = new VirtualClock();
    const [one, two] = await Promise.all([newEdge({}, clock), newEdge({}, clock)]);
    expect(one.edge.sip.port).not.toBe(two.edge.sip.port);
    await one.ask('OPTIONS', 'a');
    await one.edge.close();
    await one.edge.close();
    expect(await two.ask('OPTIONS', 'a')).toMatch(/^SIP\/2.0 503/);
    await two.edge.close();
    expect(clock.pendingCount).toBe(0);
  });

  it('take a socket that is bound already', async () => {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    const edge = await startEdge({
      listeners: [{ transport: 'udp', socket, advertisedAddress: '192.0.2.1' }],
      application: { host: '127.0.0.1', port: 0, secret: 's' },
      clock: new VirtualClock(),
      random: seededRandom(1),
    });
    expect(edge.sip).toEqual({ address: '192.0.2.1', port });
    await edge.close();
  });

  it('say when their port is taken, and leave nothing behind', async () => {
    const { edge } = await newEdge();
    const again = startEdge({
      listeners: [{ transport: 'udp', address: '127.0.0.1', port: 0 }],
      application: { host: '127.0.0.1', port: edge.application.port, secret: 's' },
      clock: new VirtualClock(),
      random: seededRandom(1),
    });
    await expect(again).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});

function received(counters: ReturnType<Awaited<ReturnType<typeof startEdge>>['counters']>): number {
  return counters.requestsReceived + counters.responsesReceived;
}

async function newEdge(limits: Partial<EdgeLimits> = {}, clock = new VirtualClock()) {
  const edge = await startEdge({
    listeners: [{ transport: 'udp', address: '127.0.0.1', port: 0 }],
    application: { host: '127.0.0.1', port: 0, secret: 'cymru' },
    clock,
    random: seededRandom(5_060),
    limits,
  });
  onTestFinished(() => edge.close());
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  const here = `127.0.0.1:${socket.address().port}`;
  const send = (bytes: Buffer) => socket.send(bytes, edge.sip.port, '127.0.0.1');
  const say = (method: string, branch: string, body = '') => {
    const lines = [
      `${method} sip:a@127.0.0.1 SIP/2.0`,
      `Via: SIP/2.0/UDP ${here};branch=z9hG4bK${branch}`,
      'From: <sip:b@127.0.0.1>;tag=b',
      'To: <sip:a@127.0.0.1>',
      `Call-ID: ${branch}`,
      `CSeq: 1 ${method}`,
      `Contact: <sip:b@${here}>`,
      `Content-Length: ${body.length}`,
    ];
    send(Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`));
  };
  return {
    edge,
    send,
    say,
    /** Asks and waits for the final response to it. */
    async ask(method: string, branch: string): Promise<string> {
      say(method, branch);
      for (;;) {
        const [bytes] = await once(socket, 'message');
        const text = bytes.toString('latin1');
        if (text.includes(`z9hG4bK${branch}`) && !text.startsWith('SIP/2.0 1')) return text;
      }
    },
    application: ({ authenticate = true } = {}) => newApplication(edge.application.port, authenticate),
  };
}

async function newApplication(port: number, authenticate: boolean) {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  const payloads: string[] = [];
  let pending = '';
  let wake: (() => void) | undefined;
  const stir = () => wake?.();
  socket.on('close', stir);
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1');
    for (let hash = pending.indexOf('#'); hash > 0; hash = pending.indexOf('#')) {
      const end = hash + 1 + Number(pending.slice(0, hash));
      if (pending.length < end) break;
      payloads.push(pending.slice(hash + 1, end));
      pending = pending.slice(end);
    }
    stir();
  });
  /** The next payload; '' when the connection is closed instead. */
  const next = async () => {
    while (payloads.length === 0 && !socket.closed) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    return payloads.shift() ?? '';
  };
  const ask = (payload: string) => {
    const bytes = Buffer.from(payload, 'latin1');
    socket.write(Buffer.concat([Buffer.from(`${bytes.length}#`), bytes]));
    return next();
  };
  if (authenticate) await ask('0|authenticate|cymru|');
  return { socket, ask, next };
}

async function closing(socket: Socket): Promise<void> {
  if (!socket.closed) await once(socket, 'close');
}
