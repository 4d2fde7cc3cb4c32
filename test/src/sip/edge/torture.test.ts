// RFC 4475 against an edge with an application that takes everything: every trait of its catalogue, and the required behaviour.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom, VirtualClock } from '#src/ports';
import { readMessage } from '#src/sip';
import { type Edge, startEdge } from '#src/sip/edge';
import { type RawApplication, rawApplication } from '../torture/raw-application.ts';
import type { Trait } from '../torture/trait.ts';
import { traits } from '../torture/traits.ts';

let edge: Edge;
let application: RawApplication;
const socket = createSocket('udp4');
const heard: string[] = [];
let here = '';
let branch = 0;

beforeAll(async () => {
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  here = `127.0.0.1:${socket.address().port}`;
  socket.on('message', (bytes) => heard.push(bytes.toString('latin1')));
  edge = await startEdge({
    listeners: [{ transport: 'udp', address: '127.0.0.1', port: 0 }],
    application: { host: '127.0.0.1', port: 0, secret: 's' },
    clock: new VirtualClock(),
    random: seededRandom(4_475),
  });
  const verbs = traits.map(({ message }) => /^\S+/.exec(message)![0].toLowerCase());
  application = await rawApplication(edge.application.port, 's', [...new Set(verbs)]);
});
afterAll(async () => {
  application.close();
  socket.close();
  await edge.close();
});
beforeEach(() => {
  heard.length = 0;
  application.shown.length = 0;
});

/** Sends a message and one whose answer shows that it has been dealt with. */
async function send({ message }: Pick<Trait, 'message'>): Promise<void> {
  branch += 1;
  const fill = (text: string) => text.replaceAll('$HERE', here).replaceAll('$BRANCH', `t${branch}`);
  socket.send(Buffer.from(fill(message), 'latin1'), edge.sip.port, '127.0.0.1');
  socket.send(
    fill('MESSAGE < SIP/2.0\r\nVia: SIP/2.0/UDP $HERE;branch=z9hG4bKend$BRANCH\r\n\r\n'),
    edge.sip.port,
    '127.0.0.1',
  );
  while (!heard.some((one) => one.includes(`z9hG4bKendt${branch};`))) await once(socket, 'message');
  heard.splice(
    heard.findIndex((one) => one.includes(`z9hG4bKendt${branch};`)),
    1,
  );
  await application.turn();
}

describe('R-SIP-3: the traits of RFC 4475', () => {
  it.each(traits.map((trait) => [trait.section, trait.title, trait] as const))(
    '%s %s',
    async (_section, _title, trait) => {
      const before = edge.counters().refused;
      await send(trait);
      const statuses = heard.map((one) => Number(one.split(' ')[1])).filter((status) => status >= 200);
      const { required } = trait;
      if ('shown' in required) {
        expect(statuses).toEqual([]);
        expect(application.shown).toHaveLength(1);
        expect(application.shown[0]).toMatch(required.shown);
        // What the application gets can be taken apart by it too.
        expect(readMessage(Buffer.from(application.shown[0]!, 'latin1'))).toHaveProperty('message');
      } else {
        expect(application.shown).toEqual([]);
        expect(statuses).toEqual('status' in required ? [required.status] : []);
      }
      const counted = Object.entries(edge.counters().refused).filter(([reason, count]) => {
        // The message sent behind this one is refused as malformed.
        const own = reason === 'malformed' ? 1 : 0;
        return count - own > (before[reason as keyof typeof before] ?? 0);
      });
      if ('shown' in required) expect(counted).toEqual([]);
      else expect(counted).toHaveLength(1);
      if ('dropped' in required) expect(counted[0]![0]).toBe(required.dropped);
    },
  );

  it('names every section of the catalogue', () => {
    const sections = new Set(traits.map(({ section }) => section));
    const wanted = [
      ...Array.from({ length: 11 }, (_, one) => `3.1.1.${one + 1}`),
      ...Array.from({ length: 19 }, (_, one) => `3.1.2.${one + 1}`),
      '3.2.1',
      ...Array.from({ length: 15 }, (_, one) => `3.3.${one + 1}`),
      '3.4.1',
    ];
    expect(wanted.filter((one) => !sections.has(one))).toEqual([]);
  });

  it.each([
    ['3.1.1.12 an unusual reason phrase', '200 = 2**3 * 5**2 \u00d0\u00bd\u00d0\u00be'],
    ['3.1.1.13 an empty reason phrase', '200 '],
  ])('%s is handed to whoever asked', async (_, status) => {
    application.say(`9|sip||\r\nOPTIONS sip:peer@${here} SIP/2.0\r\nContent-Length: 0\r\n\r\n`);
    while (heard.length === 0) await once(socket, 'message');
    const lines = heard[0]!.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
    socket.send(
      Buffer.from(`SIP/2.0 ${status}\r\n${lines.join('\r\n')}\r\n\r\n`, 'latin1'),
      edge.sip.port,
      '127.0.0.1',
    );
    await application.told((payload) => payload.includes(`SIP/2.0 ${status}\r\n`));
  });
});
