// RTCP packets as a sender makes them, for tests.

export function senderReport({
  ssrc,
  ntpMs,
  rtpTimestamp,
}: {
  ssrc: number;
  ntpMs: number;
  rtpTimestamp: number;
}): Buffer {
  const packet = Buffer.alloc(28);
  packet.writeUInt32BE(0x80c80006, 0);
  packet.writeUInt32BE(ssrc, 4);
  packet.writeUInt32BE(Math.floor(ntpMs / 1000) + 2_208_988_800, 8);
  packet.writeUInt32BE(Math.floor(((ntpMs % 1000) / 1000) * 2 ** 32), 12);
  packet.writeUInt32BE(rtpTimestamp, 16);
  packet.writeUInt32BE(3, 20);
  packet.writeUInt32BE(480, 24);
  return packet;
}

export function senderDescription(ssrc: number, cname: string): Buffer {
  const chunk = Buffer.alloc(4 * Math.floor((4 + 2 + cname.length) / 4 + 1));
  chunk.writeUInt32BE(ssrc, 0);
  chunk[4] = 1;
  chunk[5] = cname.length;
  chunk.write(cname, 6, 'latin1');
  return Buffer.concat([Buffer.from([0x81, 202, 0, chunk.length / 4]), chunk]);
}

export function bye(ssrc: number, reason: string): Buffer {
  const body = Buffer.alloc(4 * Math.ceil((4 + 1 + reason.length) / 4));
  body.writeUInt32BE(ssrc, 0);
  body[4] = reason.length;
  body.write(reason, 5, 'latin1');
  return Buffer.concat([Buffer.from([0x81, 203, 0, body.length / 4]), body]);
}
