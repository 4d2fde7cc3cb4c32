// `twinreel desktop` by a script on its standard input, at a SIP Server of the lab with real phones.

import { spawn } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import { labOptions, msmlServiceDn } from '#ops/lab';
import { type Phones, startPhones } from '#ops/lab/phones';
import { SipServer } from '#ops/lab/sip-server';
import { systemClock, systemRandom } from '#src/ports';
import { until } from '../../../harness/processes.ts';
import { MediaServerPeer, startPeer } from '../sip-server/sip-peers.ts';
import { extension } from '../sip-server/switch.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function startSite(): Promise<{ server: SipServer; phones: Phones; media: MediaServerPeer }> {
  const peer = await startPeer();
  closing.push(() => peer.close());
  const media = new MediaServerPeer(peer);
  const phones = await startPhones();
  closing.push(() => phones.close());
  const server = await SipServer.start({
    address: '127.0.0.1',
    clock: systemClock,
    random: systemRandom,
    log: { info() {}, warn() {} },
    mediaServer: media.sip,
    phones: phones.sip,
    dns: [extension('3556'), extension('3557'), msmlServiceDn(media.sip)],
    options: labOptions,
  });
  closing.push(() => server.close());
  return { server, phones, media };
}

/** The desktop of a DN; `play` types the lines and gives what was said, when all of them are done. */
function desktop(dn: string, server: SipServer, ...options: string[]) {
  const args = ['dist/ops/cli/twinreel.js', ...options, 'desktop', dn, '--server', `127.0.0.1:${server.tlib.port}`];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.on('data', (bytes) => (said.out += bytes));
  child.stderr.on('data', (bytes) => (said.err += bytes));
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  closing.push(async () => child.kill('SIGKILL'));
  return {
    said,
    async play(...lines: readonly string[]) {
      child.stdin.end(`${lines.join('\n')}\n`);
      const code = await ended;
      return { code, ...said };
    },
  };
}

describe('an agent desktop in the terminal', () => {
  it('R-LAB-1, R-CTI-1: an agent answers, attaches data, records, holds, puts three together, and works on the call', async () => {
    const { server, phones, media } = await startSite();
    phones.phone('3556');
    phones.phone('3557', { answers: 'at-once' });
    const agent = desktop('3556', server);
    const played = agent.play(
      'login 7001',
      'ready',
      '# the customer calls',
      'wait Ringing 30',
      'answer',
      'wait Established',
      'attach customer=4711 note="called twice"',
      'wait AttachedDataChanged',
      'record start',
      'wait AttachedDataChanged',
      'show',
      'record pause',
      'record resume',
      'hold',
      'wait Held',
      'retrieve',
      'wait Retrieved',
      'consult 3557',
      'complete conference',
      'wait PartyAdded',
      'record stop #1',
      'user-event screen=on',
      'acw',
      'release #1',
      'wait Released',
      'show',
    );
    await until('the agent to be ready', () => agent.said.out.includes('ok ready'));
    phones.phone('0412').call('3556', `${server.sip.address}:${server.sip.port}`);
    const { code, out, err } = await played;
    expect(err).toBe('');
    expect(code).toBe(0);
    expect(out).toContain('DN 3556, agent 7001');
    expect(out).toMatch(/EventRinging #1 0412 \(inbound\)/);
    expect(out).toMatch(/EventAttachedDataChanged #1 customer=4711 note=called twice/);
    expect(out).toMatch(/EventAttachedDataChanged #1 GSIP_RECORD=ON/);
    expect(out).toContain('#1 talking, 0412 (inbound), recording ON, customer=4711, note=called twice');
    expect(out).toMatch(/EventAttachedDataChanged #1 GSIP_RECORD=OFF/);
    expect(out).toMatch(/EventAgentNotReady 7001/);
    expect(out).toContain('DN 3556, agent 7001 after call work, 0 calls');
    expect(media.told.map((body) => /state="(\w+)"/.exec(body)?.[1] ?? 'end')).toEqual([
      'start',
      'pause',
      'resume',
      'end',
    ]);
  });

  it('R-LAB-1: a call that the agent makes is given to somebody else', async () => {
    const { server, phones } = await startSite();
    for (const dn of ['3556', '3557']) phones.phone(dn);
    phones.phone('0412', { answers: 'at-once' });
    const other = desktop('3557', server);
    const answered = other.play('wait Ringing 30', 'answer', 'wait Established', 'release');
    await until('the other one to be there', () => other.said.out.includes('DN 3557'));
    const agent = await desktop('3556', server, '--json').play(
      'call 0412',
      'wait Dialing',
      'wait Established',
      'transfer 3557',
      'wait Released',
    );
    expect(agent.err).toBe('');
    const lines = agent.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.flatMap(({ done }) => done ?? [])).toEqual([
      'call 0412',
      'wait Dialing',
      'wait Established',
      'transfer 3557',
      'wait Released',
    ]);
    expect(lines.find(({ message }) => message === 'EventEstablished')).toMatchObject({
      attributes: { ThisDN: '3556', OtherDN: '0412', CallType: 3 },
    });
    expect(await answered).toMatchObject({ code: 0, err: '' });
  });

  it('R-LAB-1: what cannot be done says why, with a code, and the script ends with 1', async () => {
    const { server } = await startSite();
    const { code, out, err } = await desktop('3556', server).play(
      'dance',
      'record loudly',
      'hold',
      'release #7',
      'login',
      'wait Ringing 0',
      'call 0999',
      'show',
    );
    expect(code).toBe(1);
    expect(err.trim().split('\n')).toEqual([
      "twinreel: 'dance': there is no command 'dance'; help lists them [desktop-command-invalid]",
      "twinreel: 'record loudly': record wants start, stop, pause or resume [desktop-command-invalid]",
      'twinreel: no call that is talking; there are: none [desktop-call-missing]',
      'twinreel: no call #7; there are: none [desktop-call-missing]',
      "twinreel: 'login': login wants AGENT, or AGENT QUEUE [desktop-command-invalid]",
      'twinreel: no Ringing within 0 s [desktop-wait-over]',
    ]);
    expect(out).toContain('DN 3556, agent logged out, 0 calls');
    const unknown = await desktop('9999', server).play('show');
    expect(unknown.code).toBe(1);
    expect(unknown.err).toMatch(/DN 9999 is not registered: error 59.*\[cti-refused\]/);
  });
});
