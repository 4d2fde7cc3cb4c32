// Calls in codecs that are not decoded by this project itself: kept as they are, decoded by ffmpeg where there is one, and said to
// be undecodable where there is none.

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { readPcap } from '#src/media';
import { runTwinreel } from '../harness/node.ts';
import { callOffering } from '../harness/offering-caller.ts';
import { freeUdpPorts } from '../harness/ports.ts';
import { hear } from './hearing.ts';
import { counters, setStage, spoken } from './stage.ts';

const hz = 700;
const run = promisify(execFile);

describe('codecs that somebody else decodes', () => {
  const stage = setStage();
  /** The command line of a node that has no ffmpeg. */
  const without = (...args: readonly string[]) => {
    const file = join(stage.node.layout.runDir, 'without.yaml');
    const settings = parse(readFileSync(stage.node.configFile, 'utf8')) as Record<string, object>;
    writeFileSync(file, stringify({ ...settings, recorder: { ...settings['recorder'], ffmpeg: '/nowhere/ffmpeg' } }));
    return runTwinreel([...args, '--config', file]);
  };

  it('R-REC-1, R-REC-8: Opus that ffmpeg sends is answered, kept, and heard in the export', async () => {
    const port = await freeUdpPorts(2);
    const offer = [
      `m=audio ${port} RTP/AVP 111`,
      'a=rtpmap:111 opus/48000/2',
      'a=fmtp:111 useinbandfec=1',
      'a=sendonly',
    ];
    const call = await callOffering(stage.node.sip, 'opus', offer);
    expect(call.answer).toContain('a=rtpmap:111 opus/48000/2\r\na=fmtp:111 useinbandfec=1\r\n');
    const tone = ['-f', 'lavfi', '-i', `sine=frequency=${hz}:sample_rate=48000:duration=3`, '-af', 'volume=12dB'];
    const url = `rtp://127.0.0.1:${call.portOf(0)}?localrtpport=${port}`;
    const opus = ['-c:a', 'libopus', '-payload_type', '111', '-f', 'rtp', url];
    await run('ffmpeg', ['-v', 'error', '-nostdin', '-re', ...tone, ...opus]);
    await call.hangUp();
    const { facts } = (await stage.node.recording('opus')).manifest;
    expect(facts.streams[0]).toMatchObject({ lost: 0, gaps: [] });
    expect(facts.problems.map(({ code }) => code)).not.toContain('undecodable');

    const out = join(stage.node.layout.runDir, 'opus.wav');
    expect((await stage.node.twinreel('recordings', 'export', 'opus', '--out', out)).stdout).toBe(`${out}\n`);
    const { left, lengthMs } = hear(readFileSync(out));
    expect(lengthMs).toBe(facts.lengthMs);
    expect(left.levelDb(hz, 200, lengthMs - 200)).toBeGreaterThan(-10);

    const told = await without('recordings', 'export', 'opus', '--out', out);
    expect(told).toMatchObject({ exitCode: 0, stdout: `${out}\nOPUS cannot be decoded here: silence in the file\n` });
    const silent = hear(readFileSync(out));
    expect([silent.lengthMs, silent.left.peak(0, lengthMs)]).toEqual([lengthMs, 0]);
    const asJson = await without('recordings', 'export', 'opus', '--out', out, '--json');
    expect(JSON.parse(asJson.stdout)).toMatchObject({ undecodable: ['OPUS'] });
    const pcap = join(stage.node.layout.runDir, 'opus.pcap');
    expect((await without('recordings', 'export', 'opus', '--format', 'pcap', '--out', pcap)).exitCode).toBe(0);
    const rtp = [...readPcap(readFileSync(pcap))].filter(({ bytes }) => (bytes[1]! & 0x7f) === 111);
    expect(rtp).toHaveLength(facts.streams[0]!.packets);
  });

  it('R-REC-1, R-REC-8: G.729 is kept and exported, whatever is in it', async () => {
    const call = stage.call({
      parties: [
        { dn: '7001', audio: counters, codecs: ['G729'] },
        { dn: '7002', audio: counters, codecs: ['G729'] },
      ],
    });
    await spoken(call, 500);
    const recording = await stage.recorded(call);
    expect(recording.manifest.facts.problems.map(({ code }) => code)).not.toContain('undecodable');
    const { take } = recording.manifest.facts;
    const out = join(stage.node.layout.runDir, 'g729.wav');
    expect(await stage.node.twinreel('recordings', 'export', take, '--out', out)).toMatchObject({ exitCode: 0 });
    expect(hear(readFileSync(out)).lengthMs).toBeGreaterThan(400);
  });
});

describe('a node without ffmpeg', () => {
  const stage = setStage({ config: { recorder: { ffmpeg: '/nowhere/ffmpeg' } } });

  it('R-REC-1: the manifest says that a codec cannot be decoded here, and the packets are there', async () => {
    const call = stage.call({
      parties: [
        { dn: '7001', audio: counters, codecs: ['G729'] },
        { dn: '7002', audio: counters },
      ],
    });
    await spoken(call, 500);
    const recording = await stage.recorded(call);
    const { take, problems } = recording.manifest.facts;
    expect(problems.filter(({ code }) => code === 'undecodable')).toHaveLength(1);
    const shown = await stage.node.twinreel('recordings', 'show', take);
    expect(shown.stdout).toContain('undecodable: G729 of 7001 cannot be decoded here');
    expect(await stage.node.packets(recording)).toHaveLength([...call.sent()].length);
  });
});
