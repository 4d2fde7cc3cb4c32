import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { coreControl } from '#cluster/core';
import { pcmuEncoder } from '#src/media/codec';
import type { StoredRecording } from '#src/recording';
import { startNode, type TestNode } from '../harness/node.ts';
import { freeTcpPort } from '../harness/ports.ts';
import { type RunningProcess, startProcess, until } from '../harness/processes.ts';
import { runSipp, type SippResult } from '../harness/sipp.ts';
import { toneSamples } from '../harness/tone.ts';
import { startVoices, type Voices } from '../harness/voices.ts';
import { broadworks, complete, nested, oracle, partial, prefixed, rfc } from '../src/sip/siprec/documents.ts';
import { hear } from './hearing.ts';

const [firstHz, secondHz, thirdHz] = [440, 1_010, 1_500];
const spokenMs = 1_000;
/** Packets of one voice saying what it has to say once. */
const saying = spokenMs / 20;

const carol =
  '<participant participant_id="p3"><nameID aor="sip:1003@example.com"><name>Carol</name></nameID></participant>';
const inSession = (participant: string, session: string) =>
  `<participantsessionassoc participant_id="${participant}" session_id="${session}"><associate-time>t</associate-time></participantsessionassoc>`;
const outOfSession = (participant: string, session: string) =>
  `<participantsessionassoc participant_id="${participant}" session_id="${session}"><disassociate-time>t</disassociate-time></participantsessionassoc>`;
const sends = (participant: string, ...streams: string[]) =>
  `<participantstreamassoc participant_id="${participant}">${streams.map((one) => `<send>${one}</send>`).join('')}</participantstreamassoc>`;
const stream = (id: string, session: string, label: string) =>
  `<stream stream_id="${id}" session_id="${session}"><label>${label}</label></stream>`;
const bob =
  '<participant participant_id="p2"><nameID aor="sip:1002@example.com"><name>Bob</name></nameID></participant>';

interface Flow {
  readonly scenario: string;
  /** Metadata documents by the file name the scenario knows them under. */
  readonly documents: Readonly<Record<string, string>>;
  readonly transport?: 'udp' | 'tcp';
}

const udp = {
  basic: { scenario: 'siprec-basic', documents: { 'invite.xml': rfc } },
  oracle: { scenario: 'siprec-basic', documents: { 'invite.xml': oracle } },
  prefixed: { scenario: 'siprec-basic', documents: { 'invite.xml': prefixed } },
  nested: { scenario: 'siprec-basic', documents: { 'invite.xml': nested } },
  broken: { scenario: 'siprec-basic', documents: { 'invite.xml': '<recording><session></recording>' } },
  bomb: {
    scenario: 'siprec-basic',
    documents: { 'invite.xml': '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><recording>&a;</recording>' },
  },
  foreign: {
    scenario: 'siprec-basic',
    documents: {
      'invite.xml': complete(
        '<session session_id="s"/><stream stream_id="m" session_id="s"><label>77</label></stream>',
      ),
    },
  },
  hold: {
    scenario: 'siprec-hold',
    documents: {
      'invite.xml': rfc,
      'hold.xml': partial('<participantstreamassoc participant_id="p2"><recv>m1</recv></participantstreamassoc>'),
      'resume.xml': partial(sends('p2', 'm2')),
    },
  },
  transfer: {
    scenario: 'siprec-transfer',
    documents: {
      'invite.xml': rfc,
      'transfer.xml': partial(
        `${carol}${outOfSession('p2', 's1')}${inSession('p3', 's1')}${sends('p3', 'm2')}
        <participantstreamassoc participant_id="p2"><send>m2</send><disassociate-time>t</disassociate-time></participantstreamassoc>`,
      ),
    },
  },
  conference: {
    scenario: 'siprec-conference',
    documents: {
      'invite.xml': rfc,
      'join.xml': partial(`${carol}${stream('m3', 's1', '3')}${inSession('p3', 's1')}${sends('p3', 'm3')}`),
      'leave.xml': partial(outOfSession('p3', 's1')),
    },
  },
  mixed: { scenario: 'siprec-mixed', documents: { 'invite.xml': broadworks } },
  pause: { scenario: 'siprec-pause', documents: { 'invite.xml': rfc } },
  late: {
    scenario: 'siprec-late-metadata',
    documents: {
      'info.xml': rfc,
      'update.xml': partial('<participant participant_id="p1"><nameID><name>Alicia</name></nameID></participant>'),
      'reinvite.xml': partial('<participant participant_id="p2"><nameID><name>Robert</name></nameID></participant>'),
    },
  },
  persistent: {
    scenario: 'siprec-persistent',
    documents: {
      'invite.xml': rfc,
      'first-ends.xml': partial('<session session_id="s1"><stop-time>t</stop-time></session>'),
      'second.xml': complete(
        `<session session_id="s2"/>${bob}${carol}${stream('m3', 's2', '3')}${stream('m4', 's2', '4')}
        ${inSession('p3', 's2')}${inSession('p2', 's2')}${sends('p3', 'm3')}${sends('p2', 'm4')}`,
      ),
      'third.xml': partial(
        `<session session_id="s3"/><participant participant_id="p5"><nameID aor="sip:1005@x"/></participant>
        <participant participant_id="p6"><nameID aor="sip:1006@x"/></participant>
        ${stream('m5', 's3', '5')}${stream('m6', 's3', '6')}
        ${inSession('p5', 's3')}${inSession('p6', 's3')}${sends('p5', 'm5')}${sends('p6', 'm6')}`,
      ),
    },
  },
  snapshot: {
    scenario: 'siprec-snapshot',
    documents: { 'invite.xml': partial(sends('p1', 'm1')), 'snapshot.xml': rfc },
  },
  timer: { scenario: 'siprec-session-timer', documents: { 'invite.xml': rfc } },
  lost: { scenario: 'siprec-lost', documents: { 'invite.xml': rfc } },
} satisfies Readonly<Record<string, Flow>>;

/** Over TCP, too: what begins a dialog, changes it from either side, and ends it from either side. */
const flows = {
  ...udp,
  basicTcp: { ...udp.basic, transport: 'tcp' },
  conferenceTcp: { ...udp.conference, transport: 'tcp' },
  lateTcp: { ...udp.late, transport: 'tcp' },
  snapshotTcp: { ...udp.snapshot, transport: 'tcp' },
} satisfies Readonly<Record<string, Flow>>;

type Name = keyof typeof flows;

let node: TestNode;
let core: RunningProcess;
let voices: Voices;
let placed: ReadonlyMap<Name, Promise<SippResult>>;
beforeAll(async () => {
  const linkPort = await freeTcpPort();
  node = await startNode({
    calls: 32,
    config: {
      recorder: { silenceMsMax: 4_000, cores: [`127.0.0.1:${linkPort}`] },
      core: { linkPort, graceMs: 100, tenants: [{ name: 'acme' }] },
    },
  });
  core = await startProcess({
    command: 'dist/cluster/processes/core.js',
    env: { TWINREEL_CONFIG: node.configFile },
    ready: { line: /"msg":"ready"/ },
  });
  await until(
    'the recorder to be linked',
    async () => (await coreControl.report(node.layout.coreSocket)).recorders === 1,
  );
  voices = startVoices({ first: tone(firstHz), second: tone(secondHz), third: tone(thirdHz) });
  // All at once: they do not know of each other, and a test waits for its own only.
  placed = new Map((Object.keys(flows) as Name[]).map((name) => [name, place(name, flows[name])]));
});
afterAll(async () => {
  await Promise.allSettled(placed?.values() ?? []);
  await voices?.close();
  await core?.stop();
  await node?.stop();
});

async function place(
  name: string,
  { scenario, documents, transport = 'udp' }: Flow & { transport?: 'udp' | 'tcp' },
): Promise<SippResult> {
  const files = Object.entries(documents).map(([file, text]) => [file, Buffer.from(text)] as const);
  return runSipp({
    scenario,
    transport,
    target: node.sip,
    calls: 1,
    keys: { voices: voices.file },
    injection: [[name, ...(await voices.ports(6))]],
    files: Object.fromEntries(files),
  });
}

/** The recording of a flow that went as its scenario says. */
async function recorded(name: Name): Promise<StoredRecording> {
  expect(await placed.get(name)).toMatchObject({ exitCode: 0, succeeded: 1, failed: 0, complaints: '' });
  return until(`the recording of ${name}`, async () =>
    (await node.recordings()).find(({ manifest }) => manifest.facts.dialogs[0]!.callId.startsWith(`${name}///`)),
  );
}

function tone(frequencyHz: number): Buffer {
  return pcmuEncoder().encode(toneSamples(frequencyHz, spokenMs));
}

const factsOf = async (name: Name) => (await recorded(name)).manifest.facts;
const partiesOf = (facts: StoredRecording['manifest']['facts']) =>
  facts.parties.map(({ number, name, channel }) =>
    [number, name, channel].filter((one) => one !== undefined).join(' '),
  );
const packetsOf = (facts: StoredRecording['manifest']['facts']) =>
  facts.streams.map(({ party, packets }) => `${party} ${packets}`);
const speakersOf = (facts: StoredRecording['manifest']['facts']) =>
  facts.streams.map(({ speakers = [] }) => speakers.map(({ number }) => number).join(' '));

describe('calls that recording clients send', () => {
  it('R-SIP-2: basic: both parties are recorded, each on its side, under number and name', async () => {
    const recording = await recorded('basic');
    const { facts } = recording.manifest;
    expect(partiesOf(facts)).toEqual(['1001 Alice Adams left', '1002 Bob & Böb right']);
    expect(packetsOf(facts)).toEqual([`1001 ${saying}`, `1002 ${saying}`]);
    expect(facts).toMatchObject({ endReason: 'bye', problems: [] });
    const { left, right } = hear(await node.export(recording, 'wav'));
    expect(left.levelDb(firstHz)).toBeGreaterThan(left.levelDb(secondHz) + 40);
    expect(right.levelDb(secondHz)).toBeGreaterThan(right.levelDb(firstHz) + 40);
    const shown = await node.twinreel('recordings', 'show', facts.take);
    expect(shown.stdout).toContain('1001 Alice Adams (left), 1002 Bob & Böb (right)');
  });

  it('R-CTI-5: basic: metadata alone gives the call and its couple', async () => {
    const { calls, couples, startedMs, endedMs } = await factsOf('basic');
    expect(calls).toMatchObject([{ call: 's1', sipSessionId: 'abc;remote=def', parties: ['1001', '1002'] }]);
    expect(couples).toEqual([{ call: 's1', parties: ['1001', '1002'], fromMs: startedMs, toMs: endedMs }]);
  });

  it('R-CTI-5: a core without telephony has a complete couple for each two parties', async () => {
    const couplesOf = async (name: Name) => {
      const { recordingId } = await factsOf(name);
      return until(`the couples of ${name}`, async () => {
        const all = await coreControl.couples(node.layout.coreSocket);
        const own = all.filter((couple) => couple.recordingId === recordingId);
        const isWhole = own.length > 0 && own.every(({ takes }) => takes.every(({ phase }) => phase === 'finished'));
        return isWhole && own;
      });
    };
    const [basic] = await couplesOf('basic');
    expect(basic).toMatchObject({
      tenant: 'acme',
      dn: '1001',
      name: 'Alice Adams',
      otherDn: '1002',
      otherName: 'Bob & Böb',
      phase: 'ended',
      problem: 'NO_PROBLEM',
      externalData: { GEN_EXT_SipSessionID: 'abc;remote=def' },
      status: { audio: 'no-longer-recording' },
    });
    const conference = await couplesOf('conference');
    expect(conference.map(({ dn, otherDn }) => `${dn} ${otherDn}`).sort()).toEqual([
      '1001 1002',
      '1001 1003',
      '1002 1003',
    ]);
  });

  it.each(['oracle', 'prefixed', 'nested'] as const)('R-SIP-2: the metadata of %s names both parties', async (name) => {
    const facts = await factsOf(name);
    expect(packetsOf(facts)).toEqual([`1001 ${saying}`, `1002 ${saying}`]);
    expect(facts.parties[0]).toMatchObject({ number: '1001', name: 'Alice Adams' });
  });

  it.each([
    ['broken', 'line 1'],
    ['bomb', '<!DOCTYPE'],
  ] as const)('R-SIP-2: %s metadata costs no audio, and is told of', async (name, says) => {
    const facts = await factsOf(name);
    expect(packetsOf(facts)).toEqual([`party-1 ${saying}`, `party-2 ${saying}`]);
    expect(facts.problems).toMatchObject([{ code: 'metadata-unreadable', detail: expect.stringContaining(says) }]);
  });

  it('R-SIP-2: metadata about other labels costs no audio', async () => {
    const facts = await factsOf('foreign');
    expect(packetsOf(facts)).toEqual([`party-1 ${saying}`, `party-2 ${saying}`]);
    expect(facts.problems).toEqual([]);
  });

  it('R-SIP-2: hold and resume: the stream goes on, its hold and who spoke when are known', async () => {
    const recording = await recorded('hold');
    const { facts } = recording.manifest;
    expect(packetsOf(facts)).toEqual([`1001 ${3 * saying}`, `1002 ${2 * saying}`]);
    const [hold] = facts.streams[1]!.holds!;
    expect(hold!.toMs - hold!.fromMs).toBeGreaterThan(spokenMs);
    expect(speakersOf(facts)).toEqual(['1001', '1002 1002']);
    expect(facts.problems).toEqual([]);
    const { right } = hear(await node.export(recording, 'wav'));
    expect(right.toMs - right.fromMs).toBeGreaterThan(3 * spokenMs);
    expect(right.peak(right.fromMs + spokenMs + 100, right.fromMs + 2 * spokenMs)).toBeLessThan(0.01);
  });

  it('R-SIP-2: transfer: the one who takes over is heard on the same stream, and named', async () => {
    const recording = await recorded('transfer');
    const { facts } = recording.manifest;
    expect(partiesOf(facts)).toEqual(['1001 Alice Adams left', '1002 Bob & Böb right', '1003 Carol right']);
    expect(speakersOf(facts)).toEqual(['1001', '1002 1003']);
    expect(facts.couples!.map(({ parties }) => parties.join(' '))).toEqual(['1001 1002', '1001 1003']);
    const { right } = hear(await node.export(recording, 'wav'));
    const [bobPart, carolPart] = [
      [right.fromMs, right.fromMs + 900],
      [right.toMs - 900, right.toMs],
    ] as const;
    expect(right.levelDb(secondHz, ...bobPart)).toBeGreaterThan(right.levelDb(thirdHz, ...bobPart) + 40);
    expect(right.levelDb(thirdHz, ...carolPart)).toBeGreaterThan(right.levelDb(secondHz, ...carolPart) + 40);
  });

  it('R-SIP-2: conference: an m-line that comes is recorded from its first packet, one that goes is closed', async () => {
    const facts = await factsOf('conference');
    expect(partiesOf(facts)).toEqual(['1001 Alice Adams left', '1002 Bob & Böb right', '1003 Carol both']);
    expect(packetsOf(facts)).toEqual([`1001 ${3 * saying}`, `1002 ${3 * saying}`, `1003 ${saying}`]);
    expect(facts.streams.map(({ endReason }) => endReason)).toEqual(['bye', 'bye', 'removed']);
    expect(facts.problems).toEqual([]);
  });

  it('R-SIP-2: mixed: the voices of one stream are both parties of the recording, heard on both sides', async () => {
    const recording = await recorded('mixed');
    const { facts } = recording.manifest;
    expect(partiesOf(facts)).toEqual(['1001 both', '1002 both']);
    expect(facts.streams).toMatchObject([{ packets: saying, mixed: true }]);
    expect(facts.problems).toEqual([]);
    const { left, right } = hear(await node.export(recording, 'wav'));
    for (const side of [left, right]) expect(side.levelDb(firstHz)).toBeGreaterThan(-8);
  });

  it('R-SIP-2: pause and resume by the client: nothing is lost before and after', async () => {
    const facts = await factsOf('pause');
    expect(packetsOf(facts)).toEqual([`1001 ${2 * saying}`, `1002 ${2 * saying}`]);
    for (const { holds } of facts.streams) expect(holds).toHaveLength(1);
    expect(facts.problems).toEqual([]);
  });

  it('R-SIP-2: late metadata by INFO, UPDATE and re-INVITE names the parties of the running recording', async () => {
    const facts = await factsOf('late');
    expect(partiesOf(facts)).toEqual(['1001 Alicia left', '1002 Robert right']);
    expect(facts.streams[0]!.speakers).toMatchObject([{ number: '1001', fromMs: facts.startedMs }]);
    expect(packetsOf(facts)).toEqual([`1001 ${saying}`, `1002 ${saying}`]);
  });

  it('R-SIP-2, R-CTI-5: persistent session: calls in turn and at once, each with its couple and streams', async () => {
    const facts = await factsOf('persistent');
    expect(facts.couples!.map(({ call, parties }) => `${call} ${parties.join(' ')}`)).toEqual([
      's1 1001 1002',
      's2 1003 1002',
      's3 1005 1006',
    ]);
    expect(packetsOf(facts)).toEqual([
      `1001 ${saying}`,
      `1002 ${saying}`,
      `1003 ${2 * saying}`,
      `1002 ${2 * saying}`,
      `1005 ${saying}`,
      `1006 ${saying}`,
    ]);
    expect(facts.problems).toEqual([]);
  });

  it('R-SIP-2: snapshot: metadata that makes no sense alone is asked for in full', async () => {
    const facts = await factsOf('snapshot');
    expect(partiesOf(facts)).toEqual(['1001 Alice Adams left', '1002 Bob & Böb right']);
    expect(facts.problems).toEqual([]);
  });

  it('R-SIP-3: session timer: refreshes by UPDATE and re-INVITE leave the recording as it is', async () => {
    const facts = await factsOf('timer');
    expect(packetsOf(facts)).toEqual([`1001 ${saying}`, `1002 ${saying}`]);
    expect(facts.problems).toEqual([]);
  });

  it('R-SIP-3: over TCP both parties are shown by name', async () => {
    const { take } = await factsOf('basicTcp');
    const shown = await node.twinreel('recordings', 'show', take);
    expect(shown.stdout).toContain('1001 Alice Adams (left), 1002 Bob & Böb (right)');
  });

  it.each([
    ['conferenceTcp', [`1001 ${3 * saying}`, `1002 ${3 * saying}`, `1003 ${saying}`]],
    ['lateTcp', [`1001 ${saying}`, `1002 ${saying}`]],
    ['snapshotTcp', [`1001 ${saying}`, `1002 ${saying}`]],
  ] as const)('R-SIP-3: %s: the same over TCP', async (name, packets) => {
    const facts = await factsOf(name);
    expect(packetsOf(facts)).toEqual(packets);
    expect(facts.problems).toEqual([]);
  });

  it('R-SIP-2: a client that is lost ends the recording by silence; what it sent is kept', async () => {
    const facts = await factsOf('lost');
    expect(facts.endReason).toBe('silence');
    expect(packetsOf(facts)).toEqual([`1001 ${saying}`, `1002 ${saying}`]);
  });
});
