// The proxy on real sockets: a caller, the proxy, and places that answer, refuse, or say nothing.

import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemRandom, VirtualClock } from '#src/ports';
import { headerValue, headerValues } from '#src/sip';
import { type Outcome, requestUriAt, startProxy, type Way } from '#src/sip/proxy';
import { until } from '../../../harness/processes.ts';
import { requestOf, type UdpPeer, udpPeer } from './udp-peer.ts';

const recording = 'sip:record=007@rm.example:5070;calluuid=AB;dn=7001;recordDN=7001';

const answerMsMax = 1_000;

/** A proxy on a clock of its own that tries `places` in order, and a caller. */
async function scene(places: readonly UdpPeer[]) {
  const clock = new VirtualClock();
  const outcomes: Outcome[] = [];
  const way = (uri: string): Way => {
    const left = places.map(({ port }) => `sip:127.0.0.1:${port}`);
    return {
      next: () => {
        const place = left.shift();
        return place === undefined ? undefined : { uri: place, requestUri: requestUriAt(uri, place) };
      },
      ended: (_place, outcome) => void outcomes.push(outcome),
      refusal: () => ({ status: 503, reason: 'nobody is left', retryAfterSeconds: 5 }),
    };
  };
  const options = { transport: 'udp', address: '127.0.0.1', port: 0 } as const;
  const start = (port: number) =>
    startProxy({
      listeners: [
        { ...options, port },
        { ...options, port, transport: 'tcp' },
      ],
      router: {
        way: (request) => (request.uri.includes('nowhere') ? { status: 404, reason: 'no group' } : way(request.uri)),
        inDialog: ({ uri }) => {
          const place = places.find(({ port: at }) => uri.includes(`:${at}`));
          return place && { uri: `sip:127.0.0.1:${place.port}`, requestUri: uri };
        },
      },
      answerMsMax,
      clock,
      random: systemRandom,
    });
  let proxy = await start(0);
  onTestFinished(() => proxy.close());
  const { port } = proxy.listeners[0]!;
  const caller = await udpPeer();
  return {
    caller,
    clock,
    outcomes,
    proxy: () => proxy,
    say: (method: string, uri = recording, more: Partial<Parameters<typeof requestOf>[2]> = {}) =>
      caller.say(requestOf(method, uri, { port: caller.port, ...more }), port),
    /** Ends it and starts another one in its place. */
    async restart() {
      await proxy.close();
      proxy = await start(port);
    },
  };
}

describe('an INVITE', () => {
  it('R-HA-4: goes to the first place with what it says of its recording, and its answer comes back', async () => {
    const place = await udpPeer();
    const { say, caller, outcomes } = await scene([place]);
    say('INVITE', recording, { lines: ['Route: <sip:rm.example:5070;lr>', 'X-Genesys-Agent: Ada'] });
    const invite = await place.request('INVITE');
    expect(invite.uri).toBe(`sip:record=007@127.0.0.1:${place.port};calluuid=AB;dn=7001;recordDN=7001`);
    expect(headerValues(invite.headers, 'Via')).toHaveLength(2);
    expect(headerValue(invite.headers, 'Max-Forwards')).toBe('69');
    for (const gone of ['Route', 'Record-Route']) expect(headerValue(invite.headers, gone)).toBeUndefined();
    expect(headerValue(invite.headers, 'X-Genesys-Agent')).toBe('Ada');
    place.answer(invite, 200, [`Contact: <sip:127.0.0.1:${place.port}>`]);
    const answer = await caller.response(200);
    expect(headerValues(answer.headers, 'Via')).toHaveLength(1);
    expect(headerValue(answer.headers, 'Contact')).toBe(`<sip:127.0.0.1:${place.port}>`);
    expect(outcomes).toEqual(['accepted']);
  });

  it('R-HA-4: that is repeated is sent on once; a 2xx that is repeated comes through each time', async () => {
    const place = await udpPeer();
    const { say, caller, proxy } = await scene([place]);
    say('INVITE');
    const invite = await place.request('INVITE');
    say('INVITE');
    await until('the copy', () => proxy().counters().repeatsAbsorbed > 0);
    place.answer(invite, 200);
    place.answer(invite, 200);
    await caller.response(200, 2);
    expect(place.heard).toHaveLength(1);
  });

  it.each([
    [503, ['Retry-After: 7']],
    [500, []],
    [408, []],
  ] as const)('R-HA-4: that is answered %i goes to the next place', async (status, lines) => {
    const [first, second] = [await udpPeer(), await udpPeer()];
    const { say, caller, outcomes } = await scene([first, second]);
    say('INVITE');
    first.answer(await first.request('INVITE'), status, lines);
    await first.request('ACK');
    second.answer(await second.request('INVITE'), 200);
    await caller.response(200);
    expect(outcomes).toEqual([{ failed: status, restMs: status === 503 ? 7_000 : undefined }, 'accepted']);
    expect(caller.heard.every((one) => one.type === 'response' && one.status < 300)).toBe(true);
  });

  it('R-HA-4: goes to the next place when nobody answers in time, and is not sent to the first one again', async () => {
    const [first, second] = [await udpPeer(), await udpPeer()];
    const { say, caller, clock, outcomes } = await scene([first, second]);
    say('INVITE');
    await first.request('INVITE');
    clock.advance(600);
    second.answer(await second.request('INVITE'), 200);
    await caller.response(200);
    expect(outcomes).toEqual(['silent', 'accepted']);
    const before = first.heard.length;
    clock.advance(30_000);
    expect(first.heard).toHaveLength(before);
  });

  it('R-HA-4: goes to the next place soon when the first one says nothing at all, not even that it tries', async () => {
    const places = [await udpPeer(), await udpPeer(), await udpPeer()] as const;
    const { say, caller, clock, outcomes } = await scene(places);
    say('INVITE');
    await places[0].request('INVITE');
    clock.advance(300);
    places[1].answer(await places[1].request('INVITE'), 180);
    await caller.response(180);
    expect(outcomes).toEqual([]);
    clock.advance(300);
    expect(outcomes).toEqual(['silent']);
    places[2].answer(await places[2].request('INVITE'), 183);
    await caller.response(183);
    clock.advance(answerMsMax - 301);
    expect(outcomes).toEqual(['silent']);
    clock.advance(1);
    expect(outcomes).toEqual(['silent', 'silent']);
  });

  it('R-HA-4: a place that has begun to answer and is too late gets a CANCEL', async () => {
    const [first, second] = [await udpPeer(), await udpPeer()];
    const { say, caller, clock } = await scene([first, second]);
    say('INVITE');
    const invite = await first.request('INVITE');
    first.answer(invite, 180);
    await caller.response(180);
    clock.advance(answerMsMax);
    const cancel = await first.request('CANCEL');
    expect(headerValue(cancel.headers, 'Via')).toBe(headerValue(invite.headers, 'Via'));
    first.answer(cancel, 200);
    first.answer(invite, 487);
    await first.request('ACK');
    second.answer(await second.request('INVITE'), 200);
    await caller.response(200);
  });

  it.each([
    ['the next one', 1],
    ['it', 0],
  ])(
    'R-HA-4: while a place takes its time the next one is asked, too: %s accepts first, the other is cancelled',
    async (_, taker) => {
      const places = [await udpPeer(), await udpPeer()] as const;
      const { say, caller, clock, outcomes } = await scene(places);
      say('INVITE');
      const invites = [await places[0].request('INVITE')];
      places[0].answer(invites[0]!, 180);
      await caller.response(180);
      clock.advance(299);
      expect(places[1].heard).toEqual([]);
      clock.advance(1);
      invites.push(await places[1].request('INVITE'));
      places[1].answer(invites[1]!, 183);
      await caller.response(183);
      expect(outcomes).toEqual([]);
      places[taker]!.answer(invites[taker]!, 200);
      const answer = await caller.response(200);
      expect(headerValue(answer.headers, 'To')).toContain(`tag=${places[taker]!.port}`);
      await places[1 - taker]!.request('CANCEL');
      expect(outcomes).toEqual(['cancelled', 'accepted']);
    },
  );

  it('R-HA-4: that the next one refuses waits for the slow one, which was asked before, and for that alone', async () => {
    const [slow, full] = [await udpPeer(), await udpPeer()];
    const { say, caller, clock, outcomes } = await scene([slow, full]);
    say('INVITE');
    const invite = await slow.request('INVITE');
    slow.answer(invite, 180);
    await caller.response(180);
    clock.advance(300);
    full.answer(await full.request('INVITE'), 503);
    await full.request('ACK');
    expect(caller.heard.some((one) => one.type === 'response' && one.status >= 200)).toBe(false);
    slow.answer(invite, 500);
    await caller.response(503);
    expect(outcomes).toEqual([{ failed: 503 }, { failed: 500 }]);
  });

  it('R-HA-4: that is cancelled while two are asked is cancelled at both', async () => {
    const places = [await udpPeer(), await udpPeer()] as const;
    const { say, caller, clock, outcomes } = await scene(places);
    say('INVITE');
    places[0].answer(await places[0].request('INVITE'), 180);
    await caller.response(180);
    clock.advance(300);
    places[1].answer(await places[1].request('INVITE'), 183);
    await caller.response(183);
    say('CANCEL');
    for (const place of places) {
      place.answer(await place.request('CANCEL'), 200);
      place.answer(await place.request('INVITE'), 487);
      await place.request('ACK');
    }
    await caller.response(487);
    expect(outcomes).toEqual(['cancelled', 'cancelled']);
  });

  it('R-HA-4: a place that accepts when its turn is over, and nobody else has, is the one', async () => {
    const [first, second] = [await udpPeer(), await udpPeer()];
    const { say, caller, clock, outcomes } = await scene([first, second]);
    say('INVITE');
    const invite = await first.request('INVITE');
    clock.advance(600);
    await second.request('INVITE');
    first.answer(invite, 200);
    const answer = await caller.response(200);
    expect(headerValue(answer.headers, 'To')).toContain(`tag=${first.port}`);
    expect(outcomes).toEqual(['silent', 'cancelled']);
  });

  it('R-HA-4: that nobody takes is answered 503 with Retry-After; one that any would decline comes back as it is', async () => {
    const place = await udpPeer();
    const { say, caller, outcomes } = await scene([place]);
    say('INVITE');
    place.answer(await place.request('INVITE'), 488);
    await caller.response(488);
    say('INVITE', recording, { number: 2 });
    place.answer(await place.request('INVITE', 2), 503);
    const refusal = await caller.response(503);
    expect(headerValue(refusal.headers, 'Retry-After')).toBe('5');
    expect(headerValue(refusal.headers, 'Warning')).toBe('399 twinreel "nobody is left"');
    expect(outcomes).toEqual(['declined', { failed: 503, restMs: undefined }]);
    say('INVITE', 'sip:record=1@nowhere', { number: 3 });
    await caller.response(404);
  });

  it('R-HA-4: that is cancelled is cancelled at its place', async () => {
    const place = await udpPeer();
    const { say, caller, outcomes } = await scene([place]);
    say('INVITE');
    const invite = await place.request('INVITE');
    place.answer(invite, 180);
    await caller.response(180);
    say('CANCEL');
    await caller.response(200);
    place.answer(await place.request('CANCEL'), 200);
    place.answer(invite, 487);
    await caller.response(487);
    expect(outcomes).toEqual(['cancelled']);
  });

  it('R-HA-4: that is cancelled is over after a while, also when its place does not answer the CANCEL', async () => {
    const place = await udpPeer();
    const { say, caller, clock, outcomes } = await scene([place, await udpPeer()]);
    say('INVITE');
    place.answer(await place.request('INVITE'), 180);
    await caller.response(180);
    say('CANCEL');
    await place.request('CANCEL');
    clock.advance(answerMsMax);
    await caller.response(487);
    expect(outcomes).toEqual(['cancelled']);
  });

  it('R-HA-4: that is cancelled before its place has said anything is over at once', async () => {
    const place = await udpPeer();
    const { say, caller, outcomes } = await scene([place]);
    say('INVITE');
    const invite = await place.request('INVITE');
    say('CANCEL');
    await caller.response(487);
    expect(outcomes).toEqual(['cancelled']);
    // Late, but heard: then the place is told, too.
    place.answer(invite, 100);
    await place.request('CANCEL');
  });

  it('R-HA-4: whose proxy dies before it is answered is answered through the next one', async () => {
    const place = await udpPeer();
    const { say, caller, restart } = await scene([place]);
    say('INVITE');
    const invite = await place.request('INVITE');
    await restart();
    place.answer(invite, 200);
    await caller.response(200);
  });

  it('R-SIP-3: that is too large for UDP goes by UDP all the same, where nobody listens for TCP', async () => {
    const place = await udpPeer();
    const { say, caller } = await scene([place]);
    say('INVITE', recording, { lines: [`X-Genesys-Much: ${'x'.repeat(1_400)}`] });
    place.answer(await place.request('INVITE'), 200);
    await caller.response(200);
  });

  it('R-SIP-3: that comes over TCP is answered there', async () => {
    const place = await udpPeer();
    const { proxy } = await scene([place]);
    const socket = connect(proxy().listeners[1]!.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    let heard = '';
    socket.on('data', (bytes) => {
      heard += bytes;
    });
    socket.write(requestOf('INVITE', recording, { port: 9 }).replace('/UDP', '/TCP').replaceAll('\n', '\r\n'));
    place.answer(await place.request('INVITE'), 200);
    await until('the answer', () => heard.startsWith('SIP/2.0 200'));
  });

  it('R-SIP-3: that has come too far is 483', async () => {
    const place = await udpPeer();
    const { caller, proxy } = await scene([place]);
    const text = requestOf('INVITE', recording, { port: caller.port }).replace('Max-Forwards: 70', 'Max-Forwards: 0');
    caller.say(text, proxy().listeners[0]!.port);
    await caller.response(483);
    expect(place.heard).toEqual([]);
  });
});

describe('other requests', () => {
  it('R-HA-4: of a dialog that come here all the same reach their place; those for others are 481', async () => {
    const place = await udpPeer();
    const { say, caller } = await scene([place]);
    const uri = `sip:127.0.0.1:${place.port}`;
    say('ACK', uri, { number: 2, toTag: ';tag=1' });
    await place.request('ACK');
    say('BYE', uri, { number: 3, toTag: ';tag=1' });
    place.answer(await place.request('BYE'), 200);
    await caller.response(200);
    say('BYE', 'sip:127.0.0.1:9', { number: 4, toTag: ';tag=1' });
    await caller.response(481);
  });

  it('R-SIP-3: OPTIONS is answered here, REGISTER is refused, garbage harms nobody', async () => {
    const { say, caller, proxy } = await scene([]);
    caller.say('nonsense', proxy().listeners[0]!.port);
    say('OPTIONS', 'sip:rm.example');
    expect(headerValue((await caller.response(200)).headers, 'Allow')).toContain('INVITE');
    say('REGISTER', 'sip:rm.example', { number: 2 });
    await caller.response(405);
    expect(proxy().counters().refused).toEqual({ malformed: 1 });
  });

  it('R-HA-4: a question to a place is answered, or is not in time', async () => {
    const place = await udpPeer();
    const { proxy, clock } = await scene([place]);
    const asked = proxy().ask(`sip:127.0.0.1:${place.port}`, 5_000);
    place.answer(await place.request('OPTIONS'), 200, ['X-Twinreel-Streams: 1/2']);
    expect((await asked)?.status).toBe(200);
    const again = proxy().ask(`sip:127.0.0.1:${place.port}`, 5_000);
    await place.request('OPTIONS', 2);
    clock.advance(5_000);
    expect(await again).toBeUndefined();
  });
});
