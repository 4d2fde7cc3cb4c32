// Connecting: transcripts 01 to 04.

import { once } from 'node:events';
import { connect as connectTo, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, newApplication } from './application.ts';
import { newScenario, turns, until } from './scenario.ts';
import { isHere, isOurs, openServer } from './server.ts';

describe('R-SIP-4: an application connects', () => {
  it('01: authenticates, routes verbs, pings and takes a verb back', async () => {
    const { application, tap, server, peer } = await newScenario([]);
    application.invite(() => {});
    application.options(() => {});
    onTestFinished(() => application.disconnect());
    const { hostPorts } = await connect(application, { port: tap.port, secret: server.secret });
    expect(hostPorts).toContain(`udp/${server.at}`);
    await until(() => tap.told.length === tap.said.length && tap.said.length >= 3);
    expect(tap.said.slice(0, 3)).toEqual(['authenticate -', 'route invite', 'route options']);
    expect(tap.told[0]).toMatch(
      /^\[authenticate -\] OK (tcp\/server,)?udp\/server v0\.9\.10-\S+ (tcp\/server,)?udp\/server$/,
    );
    expect(tap.told.slice(1, 3)).toEqual(['[route invite] OK', '[route options] OK']);
    expect(peer.heard).toEqual([]);
  });

  it('02: gives its tags', async () => {
    const { application, tap, server } = await newScenario(['recorder', 'eu-1']);
    onTestFinished(() => application.disconnect());
    await connect(application, { port: tap.port, secret: server.secret });
    expect(tap.said[0]).toBe('authenticate recorder,eu-1');
  });

  it('03: is sent away with a wrong secret', async () => {
    const { tap, server } = await newScenario([]);
    const application = newApplication();
    const closed = new Promise((resolve) => application.on('close', resolve));
    await expect(connect(application, { port: tap.port, secret: 'wrong' })).rejects.toThrow('failed to authenticate');
    await closed;
    expect(tap.told).toEqual(['[authenticate -] NO incorrect secret']);
    if (isHere) expect(server.counters()?.refused).toEqual({ 'wrong-secret': 1 });
  });
});

describe('R-SIP-4: frames made by hand', () => {
  it('04: split and glued frames are understood', async () => {
    const { write, payloads } = await rawConnection();
    write('7#m', '3|pi', 'ng');
    await until(() => payloads.length === 1);
    write('7#m4|ping7#m5|ping');
    await until(() => payloads.length === 3);
    expect(payloads.map(replyOf)).toEqual(['m3|OK|pong', 'm4|OK|pong', 'm5|OK|pong']);
  });

  it('04: any word may be routed', async () => {
    const { ask } = await rawConnection();
    expect(await ask('m6|route|nonsense')).toBe('m6|OK');
  });

  it('04: a request to the server itself, and a response to nothing', async () => {
    const { ask, server, socket } = await rawConnection();
    expect(await ask(`m7|sip||\r\nOPTIONS sip:${server.at} SIP/2.0\r\n\r\n`)).toBe(
      'm7|NOK|can not send request to myself',
    );
    expect(await ask('m8|sip||\r\nSIP/2.0 200 OK\r\n\r\n')).toBe('m8|NO|transaction id missing');
    await closing(socket);
  });

  it.each([
    ['an unknown command', 'm9|foo|bar', 'm9|NO|Unknown message type'],
    ['one field only', 'justone', 'justone|NO|Invalid message format'],
  ])('04: %s is answered and the connection closed', async (_, payload, reply) => {
    const { ask, socket } = await rawConnection();
    expect(await ask(payload)).toBe(reply);
    await closing(socket);
  });

  it.each(['abc#hello', '100000#', '#x', '-1#x', '0#', '99999999'])(
    '04: "%s" is no frame: the connection is closed',
    async (text) => {
      const { write, socket, payloads } = await rawConnection();
      write(text);
      await closing(socket);
      expect(payloads).toEqual([]);
    },
  );

  it
    .runIf(isOurs)
    .each([
      'm1|ping',
      'm1|route|invite',
      'm1|remove_route|invite',
      'm1|sip||\r\nOPTIONS sip:127.0.0.1:1 SIP/2.0\r\n\r\n',
      'm1|proxy|x',
    ])('04b: authentication is enforced: "%s" before it is refused and the connection closed', async (payload) => {
    const { ask, socket, server } = await rawConnection({ authenticate: false });
    expect(await ask(payload)).toBe('m1|NO|not authenticated');
    await closing(socket);
    if (isHere) expect(server.counters()).toMatchObject({ refused: { 'not-authenticated': 1 }, connections: 0 });
  });

  it.runIf(isHere)('a connection that does not authenticate in time is closed', async () => {
    const { socket, server } = await rawConnection({ authenticate: false });
    await until(() => server.counters()?.connections === 1);
    await server.advance(10_000);
    await closing(socket);
    expect(server.counters()?.refused).toEqual({ 'authentication-late': 1 });
  });
});

async function rawConnection({ authenticate = true } = {}) {
  const server = await openServer();
  onTestFinished(() => server.close());
  const socket = connectTo(server.applicationPort, server.host);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  socket.setNoDelay(true);
  const payloads: string[] = [];
  let pending = '';
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1');
    for (let at = pending.indexOf('#'); at > 0; at = pending.indexOf('#')) {
      const end = at + 1 + Number(pending.slice(0, at));
      if (pending.length < end) break;
      payloads.push(pending.slice(at + 1, end));
      pending = pending.slice(end);
    }
  });
  const write = (...parts: string[]) => {
    for (const part of parts) socket.write(part);
  };
  const ask = async (payload: string) => {
    const before = payloads.length;
    write(`${Buffer.byteLength(payload)}#${payload}`);
    await until(() => payloads.length > before);
    return replyOf(payloads[before]!);
  };
  if (authenticate) {
    await ask(`m0|authenticate|${server.secret}|`);
    payloads.length = 0;
  }
  return { socket, server, payloads, write, ask };
}

/** A reply without its own id: `command|OK|…`. */
function replyOf(payload: string): string {
  return payload.replace(/^[^|]+\|response\|/, '');
}

async function closing(socket: Socket): Promise<void> {
  while (!socket.closed) await turns(1);
}
