// Settings of how RTP is received, and of the journal it goes to.

import { z } from 'zod';
import { address, milliseconds } from './values.schema.ts';

export const captureSchema = z.strictObject({
  address: address.default('127.0.0.1').describe('address RTP is received on, and named in SDP answers'),
  portMin: z.int().min(1024).max(65_534).default(20_000).describe('first RTP port'),
  portMax: z.int().min(1025).max(65_535).default(29_999).describe('last RTP or RTCP port'),
  readyPairs: z
    .int()
    .min(0)
    .max(20_000)
    .default(256)
    .describe('pairs of RTP sockets kept open ahead of need, so that a burst of calls is answered without waiting'),
  sockets: z
    .enum(['own', 'shared'])
    .default('own')
    .describe(
      'own: a pair of sockets for each stream; shared: a few pairs for all, for peers that send from the address and port they signal',
    ),
  receiver: z
    .enum(['batch', 'node'])
    .default('batch')
    .describe(
      'how sockets are read: batch (all in one go, by native code where it could be built) or node (one by one)',
    ),
  blockMs: milliseconds(1_000)
    // A little less than the 20 ms between two packets of a stream, so that a block seldom holds two of one.
    .default(16)
    .describe('milliseconds of packets in one journal block: the most a crash can cost'),
  syncMs: milliseconds(1_000)
    .default(100)
    .describe('milliseconds between the starts of two syncs: the most a power loss can cost is twice this'),
  segmentBytesMax: z
    .int()
    .min(65_536)
    .max(2 ** 32)
    .default(256 * 2 ** 20)
    .describe('bytes of a journal segment before the next one is begun'),
  segmentLifeMsMax: milliseconds(86_400_000)
    .default(900_000)
    .describe('milliseconds a journal segment takes packets before the next one is begun'),
  reserveBytes: z
    .int()
    .min(0)
    .max(2 ** 40)
    .default(256 * 2 ** 20)
    .describe(
      'bytes of disk kept for streams that run when the disk is full, about 10,000 per stream and second; new calls are refused then',
    ),
  quietMs: milliseconds(60_000).default(1_000).describe('milliseconds between two reports of counters to the recorder'),
});
