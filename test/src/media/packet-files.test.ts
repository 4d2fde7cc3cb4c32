import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildRtp, type CapturedPacket, readPcap, readRtpdump, writePcap, writeRtpdump } from '#src/media';

const folder = mkdtempSync(join(tmpdir(), 'packet-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

const startUs = Date.UTC(2026, 0, 1) * 1000 + 123_456;
const from = { address: '192.0.2.7', port: 40_002 };
const to = { address: '198.51.100.200', port: 10_004 };
/** Odd and even payload lengths: the checksum pads odd ones. */
const packets: CapturedPacket[] = Array.from({ length: 500 }, (_, index) => ({
  arrivalUs: startUs + index * 20_000,
  bytes: buildRtp(
    { payloadType: 8, sequence: 65_500 + index + (index >= 300 ? 5 : 0), timestamp: index * 160, ssrc: 0xcafe },
    Buffer.alloc(159 + (index % 2), index),
  ),
  from,
  to,
}));
const senderReport = Buffer.alloc(28);
senderReport.writeUInt32BE(0x80c80006, 0);
const control: CapturedPacket = {
  arrivalUs: startUs + 11_000_000,
  bytes: senderReport,
  from: { ...from, port: 40_003 },
  to: { ...to, port: 10_005 },
};

async function whole(pieces: AsyncIterable<Buffer>): Promise<Buffer> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return Buffer.concat(all);
}

function tshark(file: string, ...options: readonly string[]): string[] {
  const decode = ['-d', 'udp.port==10004,rtp', '-d', 'udp.port==10005,rtcp'];
  const text = execFileSync('tshark', ['-n', '-r', file, ...decode, ...options], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return text.split('\n').filter((line) => line !== '');
}

describe('pcap', () => {
  it('R-REC-8: tshark finds every packet with its fields, right checksums, and the loss', async () => {
    const file = join(folder, 'call.pcap');
    writeFileSync(file, await whole(writePcap([...packets, control])));
    const fields = ['frame.time_epoch', 'ip.src', 'udp.dstport', 'rtp.seq', 'rtp.timestamp', 'rtp.p_type'];
    const check = ['-o', 'ip.check_checksum:TRUE', '-o', 'udp.check_checksum:TRUE'];
    const lines = tshark(
      file,
      ...check,
      '-Y',
      'rtp && ip.checksum.status == 1 && udp.checksum.status == 1',
      '-T',
      'fields',
      ...fields.flatMap((one) => ['-e', one]),
    );
    expect(lines).toHaveLength(500);
    expect(lines[0]).toBe(['1767225600.123456000', from.address, '10004', '65500', '0', '8'].join('\t'));
    expect(tshark(file, '-Y', 'rtcp.pt == 200')).toHaveLength(1);
    expect(tshark(file, '-q', '-z', 'rtp,streams').find((line) => line.includes('0x0000CAFE'))).toMatch(/\s500\s+5 /);
  });

  it('R-REC-8: what is written is read back', async () => {
    const read = [...readPcap(await whole(writePcap([...packets, control])))];
    expect(read).toHaveLength(501);
    expect(read[500]).toEqual(control);
    expect(read.every((packet, index) => index === 500 || packet.bytes.equals(packets[index]!.bytes))).toBe(true);
  });

  it('R-REC-8: reads Ethernet with VLAN tags and nanoseconds, and passes over what is no UDP', async () => {
    const ip = [...(await whole(writePcap(packets.slice(0, 1)))).subarray(40)];
    const frame = Buffer.from([...Array(12).fill(2), 0x81, 0, 0, 5, 8, 0, ...ip, 0, 0]);
    const arp = Buffer.from([...Array(12).fill(2), 8, 6, ...Array(28).fill(0)]);
    const file = Buffer.concat([ethernetHeader(), recordOf(arp), recordOf(frame), recordOf(frame).subarray(0, 40)]);
    const read = [...readPcap(file)];
    expect(read).toHaveLength(1);
    expect(read[0]).toMatchObject({ arrivalUs: 5_000_007, from, to });
    expect(read[0]!.bytes.equals(packets[0]!.bytes)).toBe(true);
  });

  it('R-REC-8: a false file is refused with its reason', () => {
    expect(() => [...readPcap(Buffer.alloc(30))]).toThrow(/no classic pcap/);
    const other = ethernetHeader();
    other.writeUInt32BE(113, 20);
    expect(() => [...readPcap(other)]).toThrow(/link type 113 .* allowed are 1 \(Ethernet\) and 101/);
  });
});

describe('rtpdump', () => {
  it('R-REC-8: holds the header of rtptools, every packet with its time, RTCP told apart', async () => {
    const file = await whole(writeRtpdump([...packets, control]));
    expect(file.toString('latin1').startsWith('#!rtpplay1.0 198.51.100.200/10004\n')).toBe(true);
    const dump = readRtpdump(file);
    expect(dump).toMatchObject({ address: to, startUs });
    expect(dump.packets).toHaveLength(501);
    expect(dump.packets[499]).toMatchObject({ offsetMs: 9980, rtcp: false });
    expect(dump.packets[499]!.bytes.equals(packets[499]!.bytes)).toBe(true);
    expect(dump.packets[500]).toMatchObject({ offsetMs: 11_000, rtcp: true });
  });

  it('R-REC-8: an empty recording is a file all the same, and a torn one is read up to the tear', async () => {
    expect(readRtpdump(await whole(writeRtpdump([]))).packets).toEqual([]);
    const file = await whole(writeRtpdump(packets.slice(0, 3)));
    expect(readRtpdump(file.subarray(0, file.length - 1)).packets).toHaveLength(2);
    expect(() => readRtpdump(Buffer.from('RIFF'))).toThrow(/no rtpdump file/);
  });
});

function ethernetHeader(): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32BE(0xa1b23c4d, 0);
  header.writeUInt32BE(1, 20);
  return header;
}

function recordOf(frame: Buffer): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(5, 0);
  header.writeUInt32BE(7000, 4);
  header.writeUInt32BE(frame.length, 8);
  header.writeUInt32BE(frame.length, 12);
  return Buffer.concat([header, frame]);
}
