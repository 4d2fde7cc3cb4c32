// What the keeper is started with: one JSON object in TWINREEL_OPTIONS.

import { z } from 'zod';

const port = z.int().min(0).max(65_535);

/** A child: its options are handed on as they are; `module` replaces its compiled entry point, for tests. */
const child = z.object({ module: z.string().optional(), options: z.unknown().optional() });

export const keeperOptionsSchema = z.object({
  node: z.string().min(1),
  /** Folder of `node.json`. */
  runDir: z.string().min(1),
  /** Folder in which the journal's key pair is made where there is none; absent: the keys come from elsewhere. */
  keysDir: z.string().min(1).optional(),
  /** SIP sockets, as `SipListener`; absent, together with `edge`, where a drachtio-server does the SIP. */
  sip: z
    .object({
      listeners: z
        .array(
          z.object({
            transport: z.enum(['udp', 'tcp', 'tls']),
            address: z.string(),
            port,
            advertisedAddress: z.string().optional(),
          }),
        )
        .min(1),
      receiveBufferBytes: z
        .int()
        .min(4_096)
        .default(4 * 2 ** 20),
    })
    .optional(),
  rtp: z.object({
    address: z.string(),
    portMin: z.int().min(1_024).max(65_534),
    portMax: z.int().min(1_025).max(65_535),
    /** Pairs of RTP sockets open at once: those of all streams, and those kept ready. */
    pairsMax: z.int().min(1).default(1_606),
    // 50 packets a second take at most 4 KiB each in the kernel, which doubles this figure: more than 2 s.
    receiveBufferBytes: z
      .int()
      .min(4_096)
      .default(256 * 2 ** 10),
  }),
  edge: child.optional(),
  capture: child,
  logLevel: z.string().default('info'),
});

export type KeeperOptions = z.output<typeof keeperOptionsSchema>;
