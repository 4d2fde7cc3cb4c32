import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { compareLedger, type MsrCall, type ReceivedPacket } from '#ops/lab/msr-source';
import { readWav } from '#src/media';
import type { StoredRecording } from '#src/recording';
import { setStage, spoken } from './stage.ts';

const stage = setStage();
let call: MsrCall;
let recording: StoredRecording;
beforeAll(async () => {
  call = stage.call({ senderReports: true });
  await spoken(call, 2_000);
  recording = await stage.recorded(call);
});

/** What a tool says of an export. */
async function told(format: 'wav' | 'pcap', tool: 'tshark' | 'ffprobe', args: (file: string) => readonly string[]) {
  const file = join(stage.node.layout.runDir, `call.${format}`);
  writeFileSync(file, await stage.node.export(recording, format));
  const output = execFileSync(tool, args(file), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return output.split('\n').filter((line) => line !== '');
}

/** Every RTP packet that tshark finds in the pcap, its streams known by the ports that packets go to. */
async function dissected(ports: readonly number[]): Promise<ReceivedPacket[]> {
  const fields = ['rtp.ssrc', 'rtp.seq', 'rtp.timestamp', 'rtp.payload'].flatMap((field) => ['-e', field]);
  const decode = ports.flatMap((port) => ['-d', `udp.port==${port},rtp`]);
  const lines = await told('pcap', 'tshark', (file) => [
    ...['-n', '-r', file, ...decode, '-Y', 'rtp', '-T', 'fields'],
    ...fields,
  ]);
  return lines.map((line) => {
    const [ssrc, sequence, timestamp, payload] = line.split('\t') as [string, string, string, string];
    const bytes = Buffer.from(payload.replaceAll(':', ''), 'hex');
    return { ssrc: Number(ssrc), sequence: Number(sequence), timestamp: Number(timestamp), payload: bytes };
  });
}

/**
 * Every RTP packet of an rtpdump file, read as rtpdump(1) of rtptools describes it: a line of text, 16 bytes, then for each
 * packet its length with this header (2), its own length or 0 for RTCP (2), and its time (4). tshark reads the format from
 * 4.2 on only.
 */
function* dumped(file: Buffer): Generator<ReceivedPacket> {
  expect(file.toString('latin1')).toMatch(/^#!rtpplay1\.0 [0-9.]+\/\d+\n/);
  for (let at = file.indexOf('\n') + 17; at < file.length; at += file.readUInt16BE(at)) {
    const packet = file.subarray(at + 8, at + file.readUInt16BE(at));
    if (file.readUInt16BE(at + 2) === 0) continue;
    expect(packet).toHaveLength(file.readUInt16BE(at + 2));
    yield {
      ssrc: packet.readUInt32BE(8),
      sequence: packet.readUInt16BE(2),
      timestamp: packet.readUInt32BE(4),
      payload: packet.subarray(12),
    };
  }
}

describe('exports, opened by programs that are not ours', () => {
  it('R-REC-8: tshark finds every packet that was sent in the pcap, each stream under ports of its own', async () => {
    const ports = [10_002, 10_004];
    const packets = await dissected(ports);
    expect(compareLedger(call.sent(), packets)).toMatchObject({ missing: 0, extra: 0, repeated: 0 });
    for (const [index, port] of ports.entries()) {
      const own = await told('pcap', 'tshark', (file) => ['-n', '-r', file, '-Y', `udp.dstport == ${port}`]);
      expect(own).toHaveLength(recording.manifest.facts.streams[index]!.packets);
    }
    const reports = await told('pcap', 'tshark', (file) => [
      ...['-n', '-r', file, '-d', 'udp.port==10003,rtcp', '-d', 'udp.port==10005,rtcp'],
      ...['-Y', 'rtcp.pt == 200'],
    ]);
    expect(reports.length).toBeGreaterThanOrEqual(2);
  });

  it('R-REC-8: the rtpdump holds every packet that was sent, as rtptools lay it out', async () => {
    const packets = dumped(await stage.node.export(recording, 'rtpdump'));
    expect(compareLedger(call.sent(), packets)).toMatchObject({ missing: 0, extra: 0, repeated: 0 });
  });

  it('R-REC-8: ffprobe finds two channels of 16-bit audio, as long as the call', async () => {
    const wanted = 'stream=codec_name,sample_rate,channels,duration';
    const lines = await told('wav', 'ffprobe', (file) => ['-v', 'error', '-show_entries', wanted, '-of', 'json', file]);
    const [stream] = (JSON.parse(lines.join('')) as { streams: Record<string, unknown>[] }).streams;
    expect(stream).toMatchObject({ codec_name: 'pcm_s16le', sample_rate: '8000', channels: 2 });
    const { frames } = readWav(await stage.node.export(recording, 'wav'));
    expect(Number(stream!['duration'])).toBeCloseTo(frames / 8_000, 4);
    expect(Math.abs(frames / 8 - recording.manifest.facts.lengthMs)).toBeLessThanOrEqual(20);
  });
});
