// Settings of replay: where recordings come from, what is made of them, and where people find them.

import { z } from 'zod';
import { address, filePath, hostPort, milliseconds, port } from './values.schema.ts';

export const replaySchema = z.strictObject({
  port: port
    .optional()
    .describe('TCP port of the pages and the API; without it no replay runs here; 0 takes any free one'),
  address: address.default('127.0.0.1').describe('address of the pages and the API'),
  trustedProxies: z
    .array(address)
    .max(16)
    .default([])
    .describe('proxies before it whose word on where a request comes from is taken'),
  secure: z.boolean().default(false).describe('true: browsers come over TLS, which a proxy before it ends'),
  folder: filePath.optional().describe('folder of recordings, audio and catalogue; without it replay in dataDir'),
  nodes: z
    .array(hostPort)
    .max(1_000)
    .default([])
    .describe('nodes whose recordings are fetched (their recorder.offers), besides those found in Redis'),
  transfersMax: z.int().min(1).max(64).default(4).describe('recordings that are fetched at once'),
  relistMs: milliseconds(86_400_000)
    .default(600_000)
    .describe('milliseconds after which nodes are asked again for recordings that never came'),
  privateKeyFiles: z
    .array(filePath)
    .max(1_000)
    .default([])
    .describe('PEM files of the private keys of nodes whose recordings are to be heard, besides that of this one'),
  signerFiles: z
    .array(filePath)
    .max(1_000)
    .default([])
    .describe(
      'PEM files of the public keys that nodes sign with, besides that of this one; a signature of others is not checked',
    ),
  factsBytesMax: z
    .int()
    .min(2 ** 20)
    .max(2 ** 30)
    .default(16 * 2 ** 20)
    .describe(
      'bytes of facts on conversations that are kept in memory, those something was heard of lately; their journal takes four times as much on the disk',
    ),
  quietMs: milliseconds(86_400_000)
    .default(300_000)
    .describe('milliseconds after which a conversation that nothing was heard of leaves memory'),
  decodersMax: z.int().min(1).max(64).default(1).describe('conversations whose audio is made at once'),
  attemptsMax: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('attempts at the audio of a conversation before it is given up'),
  kbps: z.int().min(16).max(64).multipleOf(8).default(32).describe('kilobits a second of MP3 for browsers'),
  lame: filePath
    .default('lame')
    .describe('the lame program that encodes MP3: a path, or a name on the PATH; without it a slower encoder does it'),
  flac: filePath
    .default('flac')
    .describe('the flac program that encodes exports as FLAC: a path, or a name on the PATH; without it WAV is there'),
});
