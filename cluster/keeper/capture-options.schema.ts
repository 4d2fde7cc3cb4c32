// What capture is started with. Names, units and defaults are those of the configuration's section `capture`.

import { z } from 'zod';

export const captureOptionsSchema = z.object({
  journalFolder: z.string().min(1),
  /** PEM file of the public key that the journal is sealed for. */
  publicKeyFile: z.string().min(1),
  /** Path of the Unix socket; its folder is made, mode 0700, and should hold nothing else. */
  controlSocket: z.string().min(1),
  /** `batch` reads all sockets at once, by code that is built at installation; where it is not there, and with `node`, Node reads them. */
  receiver: z.enum(['batch', 'node']).default('batch'),
  /** `shared`: streams share sockets where their peer's address and port are signalled, told apart by them. */
  sockets: z.enum(['own', 'shared']).default('own'),
  streamsMax: z.int().min(1).default(1_350),
  readyPairs: z.int().min(0).default(256),
  blockMs: z.int().min(1).default(16),
  syncMs: z.int().min(1).default(100),
  segmentBytesMax: z
    .int()
    .min(65_536)
    .default(256 * 2 ** 20),
  segmentLifeMsMax: z.int().min(1).default(900_000),
  reserveBytes: z
    .int()
    .min(0)
    .default(256 * 2 ** 20),
  quietMs: z.int().min(1).default(1_000),
  logLevel: z.string().default('info'),
});

export type CaptureProcessOptions = z.output<typeof captureOptionsSchema>;
