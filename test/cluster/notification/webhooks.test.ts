import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FactJournal } from '#cluster/facts';
import { type WaitingNotice, Webhooks } from '#cluster/notification';
import { isSigned, type SignedHeaders, type StatusEvent } from '#src/notification';
import { seededRandom, VirtualClock } from '#src/ports';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder, until } from '../../harness/processes.ts';

const secret = 'a secret of sixteen';

/** A receiver that answers as it is told, 200 when it is told nothing, and keeps what it took. */
async function receiver(statuses: number[] = []) {
  const heard: { readonly headers: IncomingHttpHeaders; readonly body: string; readonly status: number }[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const status = statuses.shift() ?? 200;
      heard.push({ headers: request.headers, body, status });
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { heard, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` };
}

function event(n: number, tenant = 'acme'): StatusEvent {
  const id = `r1/s1/${n}/recording`;
  const states = { audio: 'recording', video: 'not-recording' } as const;
  return {
    id,
    type: 'recording-status',
    tenant,
    sid: 's1',
    recordingId: 'r1',
    callUuid: 'c',
    dn: '3556',
    n,
    atMs: 1,
    ...states,
  };
}

async function webhooks(folder: string, url: string | undefined, attemptsMax = 20) {
  const journal = await FactJournal.open<WaitingNotice>({
    folder,
    writer: 'notice',
    ...journalKeys,
    segmentBytesMax: 2 ** 20,
    onAlarm: () => {},
    onCut: () => {},
  });
  const alarms: string[] = [];
  const clock = new VirtualClock();
  const made = new Webhooks({
    journal,
    webhooksOf: (tenant) => (tenant === 'acme' && url !== undefined ? [{ url, secret }] : []),
    secure: () => {},
    attemptsMax,
    queueMax: 100,
    timeoutMs: 2_000,
    clock,
    random: seededRandom(1),
    log: { warn() {}, error: (fields) => void alarms.push((fields as { alarm: string }).alarm) },
  });
  const close = async () => {
    made.close();
    await journal.close();
  };
  /** Everything has been taken or given up; what is to be tried again is, at once. */
  const settled = () => until('the end', async () => [await clock.advance(1_000), made.waiting === 0].at(-1));
  return { made, alarms, journal, clock, close, settled };
}

function setUp() {
  const folder = temporaryFolder('webhooks');
  onTestFinished(() => folder.remove());
  return folder.path;
}

describe('webhooks', () => {
  it('R-NOT-2: get every message of their tenant once, in order, signed, and again under the same id when they failed', async () => {
    const { heard, url } = await receiver([503]);
    const { made, close, clock, settled } = await webhooks(setUp(), url);
    onTestFinished(close);
    made.tell(event(1));
    made.tell(event(1, 'other'));
    made.tell(event(2));
    made.tell(event(2));
    await settled();
    expect(heard.map(({ headers, status }) => [headers['webhook-id'], status])).toEqual([
      ['r1/s1/1/recording', 503],
      ['r1/s1/1/recording', 200],
      ['r1/s1/2/recording', 200],
    ]);
    for (const { headers, body } of heard)
      expect(isSigned(headers as unknown as SignedHeaders, body, secret, clock.nowMs())).toBe(true);
    expect(JSON.parse(heard[2]!.body)).toEqual(event(2));
  });

  it('R-NOT-2: get after a crash what they had not taken; what they had is forgotten', async () => {
    const folder = setUp();
    const { heard, url } = await receiver([200, 503, 503, 503]);
    const before = await webhooks(folder, url);
    for (const n of [1, 2, 3]) before.made.tell(event(n));
    await until('the second attempt', () => heard.length >= 2);
    await before.close();
    const after = await webhooks(folder, url);
    onTestFinished(after.close);
    await after.settled();
    const taken = heard.filter(({ status }) => status === 200).map(({ body }) => (JSON.parse(body) as StatusEvent).n);
    expect(taken).toEqual([1, 2, 3]);
    expect(after.journal.subjects()).toEqual([]);
  });

  it('R-NOT-2: that refuse for good, or that nobody wants any more, are given up with an alarm', async () => {
    const folder = setUp();
    const { heard, url } = await receiver([400]);
    const { made, alarms, close, settled } = await webhooks(folder, url);
    made.tell(event(1));
    await settled();
    expect([heard.length, alarms]).toEqual([1, ['webhook-given-up']]);
    await close();
    const nobody = await webhooks(setUp(), 'http://127.0.0.1:1/hook', 1);
    onTestFinished(nobody.close);
    nobody.made.tell(event(1));
    await nobody.settled();
    expect(nobody.alarms).toEqual(['webhook-given-up']);
  });
});
