// SIP over TCP and TLS, through real sockets: who may connect, where messages go, and what ends a connection.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../../harness/processes.ts';
import {
  authority,
  certified,
  connectPeer,
  listenPeer,
  requestFrom,
  type StreamPeer,
  startStreamEdge,
  stranger,
} from './stream-peer.ts';

/** The answer a peer gives to a request it heard. */
const answerTo = (request: string, status = '200 OK') => {
  const copied = request.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
  return `SIP/2.0 ${status}\r\n${copied.join('\r\n')};tag=x\r\nContent-Length: 0\r\n\r\n`.replace(
    /(CSeq: .*);tag=x/,
    '$1',
  );
};
const ask = async (peer: StreamPeer, branch: string) => {
  peer.say(requestFrom(peer.port, 'OPTIONS', branch));
  return peer.heard(new RegExp(`SIP/2.0 503.*z9hG4bK${branch};`, 's'));
};

describe('R-SIP-3: a connection', () => {
  it('carries requests and their answers; UDP and TCP share the port', async () => {
    const { port, edge } = await startStreamEdge();
    expect(port.tcp).toBe(port.udp);
    const peer = await connectPeer(port.tcp);
    const text = await ask(peer, 'a');
    expect(text).toContain(`Via: SIP/2.0/TCP 127.0.0.1:${peer.port};branch=z9hG4bKa;rport=${peer.port}\r\n`);
    await ask(peer, 'b');
    expect(edge.counters()).toMatchObject({ streams: 1, requestsReceived: 2, transactions: 0 });
  });

  it('answers a ping', async () => {
    const { port } = await startStreamEdge();
    const peer = await connectPeer(port.tcp);
    peer.say('\r\n\r\n');
    expect(await peer.heard(/^\r\n$/)).toBe('\r\n');
  });

  it('says no to what cannot be read on, and ends', async () => {
    const { port, edge } = await startStreamEdge();
    const peer = await connectPeer(port.tcp);
    peer.say(requestFrom(peer.port, 'OPTIONS', 'a').replace('Content-Length: 0', 'Content-Length: -1'));
    expect(await peer.heard(/\r\n\r\n/)).toMatch(/^SIP\/2.0 400 Bad Request\r\n/);
    await peer.closed();
    const large = await connectPeer(port.tcp);
    large.say(requestFrom(large.port, 'MESSAGE', 'b').replace('Content-Length: 0', 'Content-Length: 99999'));
    expect(await large.heard(/\r\n\r\n/)).toMatch(/^SIP\/2.0 513 Message Too Large\r\n/);
    const web = await connectPeer(port.tcp);
    web.say('GET / HTTP/1.1\r\n\r\n');
    await Promise.all([large.closed(), web.closed()]);
    expect(web.text()).toBe('');
    await until('the end of all', () => edge.counters().streams === 0);
    expect(edge.counters().refused).toEqual({ 'stream-length': 1, 'too-large': 1, 'stream-garbage': 1 });
  });

  it('ends when its first message does not come, when a message does not end, and after a long silence', async () => {
    const { port, edge, clock } = await startStreamEdge({ messageMsMax: 1_000, streamIdleMsMax: 10_000 });
    const [mute, half, idle] = await Promise.all([1, 2, 3].map(() => connectPeer(port.tcp)));
    await until('three connections', () => edge.counters().streams === 3);
    await ask(half!, 'h');
    await ask(idle!, 'i');
    clock.advance(1_000);
    await mute!.closed();
    half!.say('OPTIONS sip:a@127.0.0.1 SIP/2.0\r\nX: ');
    idle!.say('\r\n\r\n');
    await idle!.heard(/\r\n\r\n\r\n$/);
    await new Promise((resolve) => setTimeout(resolve, 20));
    clock.advance(1_000);
    await half!.closed();
    expect(edge.counters()).toMatchObject({ streams: 1, refused: { 'stream-late': 2 } });
    clock.advance(9_000);
    await idle!.closed();
    await until('the end of all', () => edge.counters().streams === 0);
  });

  it('ends when its peer does not read', async () => {
    const { port, edge } = await startStreamEdge({ streamQueueBytesMax: 50_000 });
    const peer = await connectPeer(port.tcp);
    peer.socket.pause();
    for (let index = 0; edge.counters().refused['peer-slow'] === undefined; index += 1) {
      peer.say(
        requestFrom(peer.port, 'OPTIONS', `n${index}`, {
          lines: [`X-Long: ${'x'.repeat(2_000)}`, `Via: SIP/2.0/TCP ${'y'.repeat(2_000)}`],
        }),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    peer.socket.resume();
    await peer.closed();
  });

  it('makes room above the bounds when it has said nothing whole, and is refused where all have', async () => {
    const { port, edge } = await startStreamEdge({ streamsPerPeerMax: 2 });
    const silent = await connectPeer(port.tcp);
    await until('a connection', () => edge.counters().streams === 1);
    silent.say('OPTIONS sip:nobody SIP/2.0\r\nVia: ');
    const served = await connectPeer(port.tcp);
    await ask(served, 'a');
    const third = await connectPeer(port.tcp);
    await silent.closed();
    await ask(third, 'b');
    const fourth = await connectPeer(port.tcp);
    await fourth.closed();
    expect(edge.counters()).toMatchObject({ streams: 2, refused: { 'streams-full-of-peer': 2 } });
    served.socket.destroy();
    await until('room', () => edge.counters().streams === 1);
    await ask(await connectPeer(port.tcp), 'c');
    await ask(third, 'd');
    const small = await startStreamEdge({ streamsMax: 0 });
    await (await connectPeer(small.port.tcp)).closed();
    expect(small.edge.counters().refused).toEqual({ 'streams-full': 1 });
  });

  it('makes room in the same way when it shakes hands, or has done so and says nothing', async () => {
    const { port, edge } = await startStreamEdge({ streamsPerPeerMax: 2 }, { ...certified, mutual: false });
    const mute = await connectPeer(port.tls);
    await until('a connection', () => edge.counters().streams === 1);
    const silent = await connectPeer(port.tls, { ca: authority });
    const served = await connectPeer(port.tls, { ca: authority });
    await mute.closed();
    await ask(served, 'a');
    const third = await connectPeer(port.tls, { ca: authority });
    await silent.closed();
    await ask(third, 'b');
  });

  it('ends when too much lies half said, that which was begun first', async () => {
    const { port, edge } = await startStreamEdge({ streamBytesMax: 5_000 });
    const half = (bytes: number) => `OPTIONS sip:nobody SIP/2.0\r\nX-Long: ${'x'.repeat(bytes)}`;
    const first = await connectPeer(port.tcp);
    first.say(half(3_000));
    await until('the first half', () => edge.counters().streams === 1);
    const second = await connectPeer(port.tcp);
    second.say(half(3_000));
    await first.closed();
    expect(edge.counters().refused).toEqual({ 'streams-half-said': 1 });
    const third = await connectPeer(port.tcp);
    await ask(third, 'a');
    expect(second.socket.destroyed).toBe(false);
  });
});

describe('R-SIP-3: responses over connections', () => {
  it('take the way of their request, or a new one to the port in Via when it is gone', async () => {
    const { port, application, edge } = await startStreamEdge();
    const srf = await application();
    const waiting: (() => void)[] = [];
    srf.options((_, response) => void waiting.push(() => response.send(200)));
    const listening = await listenPeer();
    const peer = await connectPeer(port.tcp);
    peer.say(requestFrom(listening.port, 'OPTIONS', 'here') + requestFrom(listening.port, 'OPTIONS', 'there'));
    await until('both requests', () => waiting.length === 2);
    waiting[0]!();
    await peer.heard(/SIP\/2.0 200.*z9hG4bKhere/s);
    peer.socket.destroy();
    await until('the end of the connection', () => edge.counters().streams === 0);
    waiting[1]!();
    await (await listening.next()).heard(/SIP\/2.0 200.*z9hG4bKthere/s);
  });
});

describe('R-SIP-3: requests over connections', () => {
  it('use the one that is there, whoever made it', async () => {
    const { port, application, edge } = await startStreamEdge();
    const srf = await application();
    const peer = await connectPeer(port.tcp);
    await ask(peer, 'a');
    await srf.request(`sip:b@127.0.0.1:${peer.port};transport=tcp`, { method: 'OPTIONS' });
    const text = await peer.heard(/OPTIONS sip:b@.*\r\n\r\n/s);
    const via = `Via: SIP/2.0/TCP 127.0.0.1:${port.tcp};branch=`;
    expect(text).toContain(via);
    expect(text).toContain(`From: <sip:127.0.0.1:${port.tcp};transport=tcp>;tag=`);
    const listening = await listenPeer();
    const uri = `sip:b@127.0.0.1:${listening.port};transport=tcp`;
    await srf.request(uri, { method: 'OPTIONS' });
    const other = await listening.next();
    other.say(answerTo(await other.heard(/\r\n\r\n/)));
    await srf.request(uri, { method: 'INFO', headers: { 'X-Second': 'yes' } });
    await other.heard(/X-Second: yes/);
    expect(listening.count()).toBe(1);
    expect(edge.counters().streams).toBe(2);
  });

  it('use an alias that its peer names, of its own address alone', async () => {
    const { port, application } = await startStreamEdge();
    const srf = await application();
    const listening = await listenPeer();
    const peer = await connectPeer(port.tcp);
    peer.say(requestFrom(listening.port, 'OPTIONS', 'a', { via: ';alias' }));
    await peer.heard(/SIP\/2.0 503/);
    await srf.request(`sip:b@127.0.0.1:${listening.port};transport=tcp`, { method: 'OPTIONS' });
    await peer.heard(/OPTIONS sip:b@/);
    const elsewhere = await connectPeer(port.tcp);
    elsewhere.say(
      requestFrom(5_070, 'OPTIONS', 'b', { via: ';alias' }).replace('TCP 127.0.0.1:5070', 'TCP 192.0.2.9:5070'),
    );
    await elsewhere.heard(/SIP\/2.0 503/);
    const answered = await answerOf(await srf.request('sip:b@127.0.0.1:5070;transport=tcp', { method: 'OPTIONS' }));
    expect([elsewhere.text().includes('OPTIONS sip:b@'), answered]).toEqual([false, 503]);
  });

  it('are answered with 503 when nobody is there, and when nobody takes up', async () => {
    const { application, clock, edge } = await startStreamEdge({ connectMsMax: 2_000 });
    const srf = await application();
    const closed = await srf.request(`sip:b@127.0.0.1:${edge.application.port - 1 || 1};transport=tcp`, {
      method: 'OPTIONS',
    });
    expect(await answerOf(closed)).toBe(503);
    // An address that never answers (RFC 5737).
    const silent = srf.request('sip:b@192.0.2.77;transport=tcp', { method: 'OPTIONS' });
    const answer = answerOf(await silent);
    clock.advance(2_000);
    expect(await answer).toBe(503);
    await until('the end of the attempt', () => edge.counters().streams === 0);
    expect(edge.counters().transactions).toBe(0);
  });

  it('of more than 1,300 bytes leave UDP, and come back to it where nobody takes TCP', async () => {
    const { application, edge } = await startStreamEdge();
    const srf = await application();
    const headers = { 'X-Long': 'x'.repeat(1_300) };
    const listening = await listenPeer();
    const datagrams = createSocket('udp4');
    onTestFinished(() => void datagrams.close());
    datagrams.bind(listening.port, '127.0.0.1');
    await once(datagrams, 'listening');
    await srf.request(`sip:b@127.0.0.1:${listening.port}`, { method: 'OPTIONS', headers });
    const peer = await listening.next();
    const text = await peer.heard(/\r\n\r\n/);
    expect(text).toMatch(/^OPTIONS .*Via: SIP\/2.0\/TCP /s);
    peer.say(answerTo(text));
    await until('the answer', () => edge.counters().transactions === 0);

    const alone = createSocket('udp4');
    onTestFinished(() => void alone.close());
    alone.bind(0, '127.0.0.1');
    await once(alone, 'listening');
    const heard = once(alone, 'message');
    const request = await srf.request(`sip:b@127.0.0.1:${alone.address().port}`, { method: 'OPTIONS', headers });
    const answer = answerOf(request);
    const [bytes, from] = await heard;
    expect(bytes.toString()).toMatch(/^OPTIONS .*Via: SIP\/2.0\/UDP /s);
    alone.send(answerTo(bytes.toString()), from.port, from.address);
    expect(await answer).toBe(200);
    expect(edge.counters().requestsOverTcp).toBe(2);
  });
});

describe('R-SIP-3: TLS', () => {
  it('carries requests both ways', async () => {
    const { port, application, edge } = await startStreamEdge();
    const srf = await application();
    const peer = await connectPeer(port.tls, {});
    peer.say(requestFrom(peer.port, 'INFO', 'a', { transport: 'TLS' }));
    await peer.heard(/SIP\/2.0 503.*Via: SIP\/2.0\/TLS /s);
    await srf.request(`sip:b@127.0.0.1:${peer.port};transport=tls`, { method: 'OPTIONS' });
    expect(await peer.heard(/OPTIONS sip:b@.*\r\n\r\n/s)).toContain(`Via: SIP/2.0/TLS 127.0.0.1:${port.tls};branch=`);
    expect(edge.listeners.map((one) => one.transport)).toEqual(['udp', 'tcp', 'tls']);
  });

  it('is refused without the certificate that is asked for, and where none can be read', async () => {
    const { port, edge } = await startStreamEdge({}, { ...certified, authorities: authority, mutual: true });
    for (const shown of [{}, { cert: stranger.certificate, key: stranger.key }]) {
      await (await connectPeer(port.tls, shown)).closed();
    }
    const plain = await connectPeer(port.tls);
    plain.say(requestFrom(plain.port, 'OPTIONS', 'a'));
    await plain.closed();
    expect(edge.counters().refused).toEqual({ 'tls-failed': 3 });
    const known = await connectPeer(port.tls, { cert: certified.certificate, key: certified.key });
    known.say(requestFrom(known.port, 'OPTIONS', 'b', { transport: 'TLS' }));
    await known.heard(/SIP\/2.0 503/);
    await until('the others gone', () => edge.counters().streams === 1);
  });

  it('takes sips, and believes only certificates of its authority', async () => {
    const { application, edge } = await startStreamEdge({}, { ...certified, authorities: authority, mutual: false });
    const srf = await application();
    const believed = await listenPeer({ cert: certified.certificate, key: certified.key });
    await srf.request(`sips:b@127.0.0.1:${believed.port}`, { method: 'OPTIONS' });
    await (await believed.next()).heard(/^OPTIONS sips:b@/);
    const other = await listenPeer({ cert: stranger.certificate, key: stranger.key });
    const request = await srf.request(`sips:b@127.0.0.1:${other.port}`, { method: 'OPTIONS' });
    expect(await answerOf(request)).toBe(503);
    expect(edge.counters().refused).toMatchObject({ 'send-failed': 1 });
  });

  it('says what is wrong with a certificate when it starts', async () => {
    const wrong = startStreamEdge({}, { certificate: certified.certificate, key: stranger.key, mutual: false });
    await expect(wrong).rejects.toThrow(/key/);
  });
});

function answerOf(request: { once(event: 'response', heard: (response: { status?: number }) => void): unknown }) {
  return new Promise<number | undefined>((resolve) => request.once('response', ({ status }) => resolve(status)));
}
