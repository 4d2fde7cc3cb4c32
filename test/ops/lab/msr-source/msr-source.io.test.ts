import { afterEach, describe, expect, it } from 'vitest';
import { compareLedger, type MsrCallOptions, type MsrParty, startMsrSource } from '#ops/lab/msr-source';
import { codeOf } from '#src/errors';
import { seededRandom } from '#src/ports';
import { type Answerer, type AnswererOptions, startAnswerer } from '../../../harness/answerer.ts';
import { until } from '../../../harness/processes.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function sourceAndAnswerer(options: AnswererOptions = {}) {
  const answerer = await startAnswerer(options);
  closing.push(() => answerer.close());
  const source = await startMsrSource({ recorder: answerer, random: seededRandom(7) });
  closing.push(() => source.close());
  return { answerer, source };
}

const counters = (dn: string, packets?: number): MsrParty => ({
  dn,
  audio: { kind: 'counters', ...(packets !== undefined && { packets }) },
});
const parties = (packets?: number): MsrCallOptions['parties'] => [counters('3556', packets), counters('0412', packets)];
const heardBy = (answerer: Answerer) => answerer.calls.flatMap(({ heard }) => heard.flatMap(({ packets }) => packets));

describe('msr-source', () => {
  it.each(['per-party', 'single'] as const)('R-SIP-1: %s: every packet of both parties arrives', async (form) => {
    const { answerer, source } = await sourceAndAnswerer();
    const call = source.call({ form, parties: parties(40), transmitRate: 4, recordId: 'rec-1' });
    await call.answered;
    await call.said;
    await until('all packets', () => heardBy(answerer).length === 80);
    await call.hangUp();
    expect(compareLedger(call.sent(), heardBy(answerer))).toMatchObject({
      sent: 80,
      recorded: 80,
      missing: 0,
      extra: 0,
    });
    expect(await call.ended).toEqual(Array(form === 'single' ? 1 : 2).fill({ reason: 'hung-up' }));
    await until('the answerer to know', () => answerer.calls.every(({ phase }) => phase === 'hung-up'));
    expect(answerer.calls.map(({ dn, heard }) => [dn, heard.length]).sort()).toEqual(
      form === 'single'
        ? [['3556', 2]]
        : [
            ['0412', 1],
            ['3556', 1],
          ],
    );
    for (const { requestUri, headers } of answerer.calls) {
      expect(requestUri).toContain(`sip:record=rec-1@127.0.0.1:${answerer.port};calluuid=${call.callUuid};dn=`);
      expect(headers).toMatchObject({ supported: 'timer, uui' });
      expect(headers['X-Genesys-GVP-Session-ID']).toMatch(/^[0-9A-F-]{36};gvp\.rm\.datanodes=2\|1;gvp\.rm\.tenant-id=/);
    }
    expect(source.sendFailures).toBe(0);
  });

  it('what is not given is drawn from the seed: a call can be placed again exactly', async () => {
    const facts = [];
    for (let run = 0; run < 2; run += 1) {
      const { answerer, source } = await sourceAndAnswerer();
      const call = source.call({ form: 'single', parties: parties(2) });
      await call.said;
      await until('all packets', () => heardBy(answerer).length === 4);
      facts.push([call.recordId, call.callUuid, [...call.sent()].map(({ atMs, ...packet }) => packet)]);
    }
    expect(facts[0]).toEqual(facts[1]);
    expect(facts[0]![1]).toMatch(/^[0-9A-V]{32}$/);
  });

  it('R-REC-1: sends the codec the recorder has chosen', async () => {
    const { answerer, source } = await sourceAndAnswerer({ codecs: ['G722', 'PCMA'] });
    const audio = { kind: 'tone', frequencyHz: 440, durationMs: 60 } as const;
    const party = (dn: string): MsrParty => ({ dn, audio, codecs: ['G729', 'PCMU', 'PCMA', 'G722'] });
    await source.call({ form: 'single', parties: [party('1'), party('2')] }).said;
    await until('all packets', () => heardBy(answerer).length === 6);
    expect(heardBy(answerer).map(({ payloadType }) => payloadType)).toEqual(Array(6).fill(8));
  });

  it('hold is a re-INVITE inactive without packets, resume one with sendonly', async () => {
    const { answerer, source } = await sourceAndAnswerer();
    const call = source.call({ form: 'per-party', parties: parties() });
    await call.answered;
    await call.hold();
    const sent = [...call.sent()].length;
    expect(answerer.calls.map(({ offers }) => offers.at(-1)!.media[0]!.direction)).toEqual(['inactive', 'inactive']);
    await until('held time to pass', () => call.positionMs > 200);
    expect([...call.sent()]).toHaveLength(sent);
    await call.resume();
    await until('packets again', () => [...call.sent()].length > sent + 4);
    expect(answerer.calls.map(({ offers }) => offers.map(({ media }) => media[0]!.direction))).toEqual([
      ['sendonly', 'inactive', 'sendonly'],
      ['sendonly', 'inactive', 'sendonly'],
    ]);
    await call.hangUp();
  });

  it('moving media is a re-INVITE with another port, from where the packets come afterwards', async () => {
    const { answerer, source } = await sourceAndAnswerer();
    const call = source.call({ form: 'single', parties: parties() });
    await call.answered;
    await until('packets', () => heardBy(answerer).length > 4);
    await call.moveMedia();
    const [answered] = answerer.calls;
    await until('packets from elsewhere', () => answered!.heard.every(({ fromPorts }) => fromPorts.size === 2));
    const offered = answered!.offers.map(({ media }) => media.map(({ port }) => port));
    expect(answered!.heard.map(({ fromPorts }) => [...fromPorts])).toEqual(
      [0, 1].map((line) => offered.map((ports) => ports[line])),
    );
    await call.hangUp();
    await until('everything', () => heardBy(answerer).length === [...call.sent()].length);
  });

  it('streams leave from ports of their own, and report by RTCP, when asked to', async () => {
    const { answerer, source } = await sourceAndAnswerer();
    const call = source.call({ form: 'single', parties: parties(5), ports: 'own', senderReports: true });
    await call.said;
    const [answered] = answerer.calls;
    await until('all packets', () => heardBy(answerer).length === 10);
    const [first, second] = answered!.heard.map(({ fromPorts }) => [...fromPorts]);
    expect(first).not.toEqual(second);
    await until('reports', () => answered!.heard.every(({ reports }) => reports === 1));
  });

  it('cancels what rings', async () => {
    let answer = () => {};
    const ringUntil = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const { answerer, source } = await sourceAndAnswerer({ ringUntil });
    const call = source.call({ form: 'per-party', parties: parties() });
    call.cancel();
    await expect(call.answered).rejects.toMatchObject({ code: 'msr-call-refused' });
    expect(await call.ended).toEqual([{ reason: 'cancelled' }, { reason: 'cancelled' }]);
    await until('the answerer to know', () => answerer.cancelled === 2);
    expect([...call.sent()]).toEqual([]);
    answer();
  });

  it('a refused party ends the call, the other one is hung up', async () => {
    const refuse = (uri: string) => (uri.includes(';dn=0412') ? 488 : undefined);
    const { answerer, source } = await sourceAndAnswerer({ refuse });
    const call = source.call({ form: 'per-party', parties: parties() });
    const error = await call.answered.catch((reason: unknown) => reason);
    expect(codeOf(error)).toBe('msr-call-refused');
    expect(String(error)).toMatch(/dn=0412.*488/);
    expect(await call.ended).toEqual([{ reason: 'hung-up' }, { reason: 'refused', status: 488 }]);
    await until('the answerer to know', () => answerer.calls.every(({ phase }) => phase === 'hung-up'));
  });

  it('stops when the recorder hangs up', async () => {
    const { answerer, source } = await sourceAndAnswerer();
    const call = source.call({ form: 'per-party', parties: parties() });
    await call.answered;
    await until('both calls', () => answerer.calls.length === 2);
    await Promise.all(answerer.calls.map((answered) => answered.hangUp()));
    expect(await call.ended).toEqual([{ reason: 'hung-up-by-recorder' }, { reason: 'hung-up-by-recorder' }]);
    await call.said;
  });

  it('R-HA-1: what a recorder hung up goes to the one that has it next', async () => {
    const { answerer, source } = await sourceAndAnswerer();
    const next = await startAnswerer();
    closing.push(() => next.close());
    const call = source.call({ form: 'per-party', parties: parties() });
    await call.answered;
    await until('both calls', () => answerer.calls.length === 2);
    await Promise.all(answerer.calls.map((answered) => answered.hangUp()));
    await call.ended;
    await call.restartAt(next);
    await until('both parties', () => new Set(heardBy(next).map(({ ssrc }) => ssrc)).size === 2);
    await call.hangUp();
    expect(compareLedger(call.sent(), heardBy(next))).toMatchObject({ extra: 0 });
  });
});
