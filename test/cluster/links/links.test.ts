import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { decide, type Invite, planStreams, type SessionState } from '#actors/session';
import { type LinkCommand, RecorderLinks, type RecorderLinksOptions } from '#cluster/links';
import { Orders } from '#cluster/recorder';
import { encodeFrame, FrameReader } from '#src/frames';
import { systemClock, systemRandom, VirtualClock } from '#src/ports';
import { parseMsrInvite, parseOffer } from '#src/sip';
import { journalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder, until } from '../../harness/processes.ts';
import { type Listener, listen } from './listener.ts';

const closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

async function core(options: Parameters<typeof listen>[0] = {}): Promise<Listener> {
  const listener = await listen(options);
  closing.push(() => listener.server.close());
  return listener;
}

/** The session of one dialog, as the recorder decides it. */
function session(dn: string, recordingId = `r-${dn}`): SessionState {
  const uri = `sip:record=${recordingId}@h;calluuid=U1;dn=${dn};recordDN=3556`;
  const invite: Invite = {
    dialog: `call-${dn};from-tag=t`,
    callId: `call-${dn}`,
    fromTag: 't',
    msr: parseMsrInvite(uri, [['X-Genesys-RM-Application-dbid', '105']]),
    offer: parseOffer('v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 0 101\r\na=sendonly\r\n'),
    source: 'udp/127.0.0.1:5070',
  };
  const plan = planStreams(invite.dialog, invite.msr, invite.offer, ['PCMU']);
  if (plan.type === 'refused') throw new Error(plan.reason);
  const settings = {
    tenant: 'acme',
    node: 'n1',
    codecs: ['PCMU'],
    lingerMs: 500,
    silenceMsMax: 120_000,
    retryAfterSeconds: 5,
  };
  return decide(undefined, { type: 'invited', invite, streams: plan.streams }, 1_000, settings).state!;
}

interface Recorder {
  readonly links: RecorderLinks;
  readonly sessions: Map<string, SessionState>;
  readonly commands: LinkCommand[];
  readonly warnings: string[];
  learn(state: SessionState): void;
  forget(take: string): void;
}

function recorder(options: Partial<RecorderLinksOptions> = {}): Recorder {
  const sessions = new Map<string, SessionState>();
  const commands: LinkCommand[] = [];
  const warnings: string[] = [];
  const links = new RecorderLinks({
    node: 'n1',
    pid: 42,
    startedMs: 7,
    streamsMax: 1_350,
    tags: { location: 'Brno' },
    secret: 'twinreel',
    beatMs: 250,
    missedMax: 4,
    clock: systemClock,
    random: systemRandom,
    log: { info() {}, warn: (fields, text) => void warnings.push(`${text} ${JSON.stringify(fields)}`) },
    fixed: [],
    session: (take) => sessions.get(take),
    sessions: () => [...sessions.values()],
    figures: () => ({ sessions: sessions.size, streams: 0, backlog: 0 }),
    onCommand: (command) => {
      commands.push(command);
      return Promise.resolve(['t1']);
    },
    ...options,
  });
  closing.push(() => links.close());
  return {
    links,
    sessions,
    commands,
    warnings,
    learn(state) {
      sessions.set(state.take, state);
      links.changed(state.take);
    },
    forget(take) {
      links.over(sessions.get(take)!);
      sessions.delete(take);
    },
  };
}

/** A listener that does as it is told, instead of a core. */
async function impostor(serve: (socket: Socket) => void): Promise<{ host: string; port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { host: '127.0.0.1', port: (server.address() as { port: number }).port };
}

describe('links between recorders and cores', () => {
  it('R-REC-7: a core that is found hears every session there is, then each change, then the end', async () => {
    const { server, ...heard } = await core();
    const one = recorder();
    one.sessions.set('a', { ...session('3556'), take: 'a' });
    one.links.found([server.place, server.place]);
    await until('the core to know all', () => heard.synced.length > 0);
    expect(heard.synced).toEqual(['n1/42']);
    expect([...heard.sessions.values()]).toMatchObject([
      {
        take: 'a',
        recordingId: 'r-3556',
        callUuid: 'U1',
        recordDn: '3556',
        tenant: 'acme',
        node: 'n1',
        form: 'msr',
        phase: 'recording',
        paused: false,
        dialogs: [{ dn: '3556', phase: 'opening', metadata: { 'x-genesys-rm-application-dbid': '105' } }],
        streams: [{ party: '3556', phase: 'wanted', codecs: ['PCMU'] }],
      },
    ]);
    one.learn({ ...session('3556'), take: 'a', pauseBy: 'agent' });
    one.learn({ ...session('3556'), take: 'a', pauseBy: 'agent', pauses: [{ fromMs: 1, by: 'agent' }] });
    await until('the pause to be told', () => heard.sessions.get('a')!.paused);
    one.forget('a');
    await until('the end to be told', () => heard.forgotten.length > 0);
    expect(heard.forgotten).toEqual(['a']);
  });

  it("R-RPL-1: a core hears with each session how far its clock is from the recorder's", async () => {
    const heard = await core({ beatMs: 20 });
    const nowMs = () => systemClock.nowMs() - 30_000;
    const late = { nowMs, monotonicMs: () => systemClock.monotonicMs(), after: systemClock.after.bind(systemClock) };
    const one = recorder({ clock: late, beatMs: 20, fixed: [heard.server.place] });
    one.sessions.set('a', { ...session('3556'), take: 'a' });
    await until('the first word', () => heard.news.length > 0);
    const [first] = heard.news;
    expect(Math.abs(first!.clock!.offsetMs - 30_000)).toBeLessThanOrEqual(first!.clock!.plusMinusMs + 0.5);
    const { pings } = heard;
    await until('more pings', () => heard.pings > pings + 3);
    one.learn({ ...session('3556'), take: 'b' });
    await until('another word', () => heard.sessions.has('b'));
    const { offsetMs, plusMinusMs } = heard.sessions.get('b')!.clock!;
    expect(Math.abs(offsetMs - 30_000)).toBeLessThanOrEqual(plusMinusMs + 0.5);
  });

  it('R-REC-7: what changes often within a turn is told once', async () => {
    const { server, news, synced } = await core();
    const one = recorder({ fixed: [server.place] });
    await until('the link', () => synced.length > 0);
    for (let index = 0; index < 100; index++) one.learn({ ...session('1'), take: 'a', startedMs: index });
    await until('the last word', () => news.at(-1)?.startedMs === 99);
    expect(news).toHaveLength(1);
  });

  it('R-REC-7: each of several cores hears all, and one that was away is told all when it comes back', async () => {
    const [first, second] = [await listen(), await core()];
    const one = recorder();
    one.links.found([first.server.place, second.server.place]);
    await until('both', () => one.links.synced === 2);
    const { port } = first.server.place;
    await first.server.close();
    one.learn({ ...session('1'), take: 'while-away' });
    await until('the one that is there', () => second.sessions.has('while-away'));
    const back = await core({ port });
    await until('the one that comes back', () => back.sessions.has('while-away'));
    expect(second.lost).toEqual([]);
  });

  it('R-REC-7: what ended while a core was away is told again when it comes back, as forgotten', async () => {
    const first = await listen();
    const one = recorder();
    one.sessions.set('a', { ...session('1'), take: 'a' });
    one.links.found([first.server.place]);
    await until('the link', () => first.synced.length > 0);
    const { port } = first.server.place;
    await first.server.close();
    await until('the loss', () => one.links.synced === 0);
    one.forget('a');
    const back = await core({ port });
    await until('the core to know all', () => back.synced.length > 0);
    expect(back.again).toEqual(['a']);
  });

  it('R-REC-7: a command reaches the recorder, and its answer, whether good or bad, the core', async () => {
    const { server, recorders } = await core();
    const good = recorder({ fixed: [server.place] });
    await until('the link', () => recorders.length > 0);
    const asked = { command: 'pause', recording: 'r1', by: 'core n9' } as const;
    expect(await recorders[0]!.command(asked)).toEqual(['t1']);
    expect(good.commands).toEqual([asked]);
    good.links.close();
    await until('the end of the link', () => recorders.length === 0);
    recorder({ fixed: [server.place], onCommand: () => Promise.reject(new Error('no')) });
    await until('the link', () => recorders.length > 0);
    await expect(recorders[0]!.command(asked)).rejects.toMatchObject({ code: 'link-refused', message: 'no' });
  });

  it('R-SHD-2: a command says under which lease it is given, and is refused when that is of yesterday', async () => {
    const { server, recorders } = await core();
    const orders = await openOrders();
    const one = recorder({
      fixed: [server.place],
      onCommand: async ({ mandate }) => {
        if (mandate) orders.admit(mandate);
        return ['t1'];
      },
    });
    await until('the link', () => recorders.length > 0);
    const under = (n: number, holder: string) => {
      const mandate = { shard: 'acme/3', epoch: { n, holder } };
      return recorders[0]!.command({ command: 'stop', recording: 'r1', by: 'rules', mandate });
    };
    expect(await under(7, 'a/core')).toEqual(['t1']);
    const stale = { code: 'mandate-stale' };
    await expect(under(6, 'b/core')).rejects.toMatchObject(stale);
    await expect(under(7, 'b/core')).rejects.toMatchObject(stale);
    expect(await under(7, 'a/core')).toEqual(['t1']);
    expect(await under(8, 'b/core')).toEqual(['t1']);
    one.links.close();
  });

  it('R-REC-7: a command whose recorder goes before it answers fails, and says so', async () => {
    const { server, recorders } = await core();
    const one = recorder({ fixed: [server.place], onCommand: () => new Promise(() => {}) });
    await until('the link', () => recorders.length > 0);
    const asked = recorders[0]!.command({ command: 'stop', recording: 'r1', by: 'core' });
    one.links.close();
    await expect(asked).rejects.toMatchObject({ code: 'link-lost' });
  });

  it('R-REC-7: who does not know the secret hears nothing and commands nothing, at either end', async () => {
    const honest = await core();
    const stranger = recorder({ secret: 'guessed', fixed: [honest.server.place] });
    stranger.sessions.set('a', session('1'));
    await until('the refusal', () => stranger.warnings.length > 0);
    expect(stranger.warnings[0]).toContain('does not know the secret');
    expect(honest.recorders).toEqual([]);

    const said: { type: string }[] = [];
    const place = await impostor((socket) => {
      const frames = new FrameReader(1_000_000);
      socket.write(encodeFrame({ type: 'challenge', version: 1, node: 'x', process: 'core', nonce: '0'.repeat(32) }));
      socket.on('data', (bytes: Buffer) => {
        for (const value of frames.push(bytes) as { type: string }[]) {
          said.push(value);
          if (value.type === 'hello') socket.write(encodeFrame({ type: 'welcome', proof: '0'.repeat(64) }));
        }
      });
    });
    const wary = recorder({ fixed: [place] });
    wary.sessions.set('a', session('1'));
    await until('the doubt', () => wary.warnings.length > 0);
    expect(wary.warnings[0]).toContain('does not know the secret');
    expect(new Set(said.map(({ type }) => type))).toEqual(new Set(['hello']));
    expect(wary.commands).toEqual([]);
  });

  it('R-REC-7: whatever a stranger sends ends his connection and nothing else', async () => {
    const { server, synced, warnings } = await core();
    const one = recorder({ fixed: [server.place] });
    await until('the link', () => synced.length > 0);
    const attempts = [
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      encodeFrame({ type: 'news', session: {} }),
      encodeFrame({ type: 'synced' }),
      encodeFrame({ type: 'hello', version: 99 }),
      encodeFrame('\u0000'),
      Buffer.from([0xff, 0xff, 0xff, 0xff]),
    ];
    for (const attempt of attempts) {
      const socket = connect(server.place.port, '127.0.0.1');
      socket.write(attempt);
      socket.resume();
      await new Promise((resolve) => socket.once('close', resolve));
    }
    expect(warnings).toHaveLength(attempts.length);
    expect(one.links.synced).toBe(1);
  });

  it('R-REC-7: one odd word of a recorder is passed over; what it says next is heard', async () => {
    const { server, warnings, sessions } = await core();
    const one = recorder({ fixed: [server.place] });
    await until('the link', () => one.links.synced === 1);
    one.learn({ ...session('1'), take: 'x'.repeat(5_000) });
    one.learn({ ...session('2'), take: 'b' });
    await until('the next word', () => sessions.has('b'));
    expect(warnings[0]).toContain('not understood');
  });

  it('R-REC-7: a peer from whom nothing is heard for four beats is gone', async () => {
    const clock = new VirtualClock();
    const { server, recorders, lost } = await core({ clock });
    const socket = connect(server.place.port, '127.0.0.1');
    closing.push(() => socket.destroy());
    // It proves who it is and then falls silent, as a host does that lost its power.
    const { proofOf } = await import('../../../cluster/links/proof.ts');
    const frames = new FrameReader(1_000_000);
    socket.on('data', (bytes: Buffer) => {
      for (const value of frames.push(bytes) as { type: string; nonce: string }[]) {
        if (value.type !== 'challenge') continue;
        const proof = proofOf('recorder', 'twinreel', value.nonce);
        const hello = { version: 1, node: 'n1', pid: 1, startedMs: 1, streamsMax: 2, nonce: '0'.repeat(32), proof };
        socket.write(encodeFrame({ type: 'hello', ...hello }));
      }
    });
    await until('the link', () => recorders.length > 0);
    clock.advance(1_000);
    expect(lost).toEqual([]);
    clock.advance(250);
    expect(lost).toEqual(['n1/1: nothing was heard for 4 beats of 250 ms']);
  });
});

async function openOrders(): Promise<Orders> {
  const folder = temporaryFolder('orders');
  const orders = await Orders.open({
    folder: folder.path,
    ...journalKeys,
    clock: systemClock,
    onAlarm: ({ message }) => expect.fail(message),
    onCut: ({ reason }) => expect.fail(reason ?? 'cut'),
  });
  onTestFinished(async () => {
    await orders.close();
    folder.remove();
  });
  return orders;
}
