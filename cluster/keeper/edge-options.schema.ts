// What edge is started with. Names are those of the configuration's section `edge`.

import { z } from 'zod';

export const edgeOptionsSchema = z.object({
  application: z.object({ host: z.string().min(1), port: z.int().min(0).max(65_535), secret: z.string().min(1) }),
  /** PEM files of TLS listeners. */
  tls: z
    .object({
      certificateFile: z.string().min(1),
      keyFile: z.string().min(1),
      authoritiesFile: z.string().min(1).optional(),
      mutual: z.boolean(),
    })
    .optional(),
  /** Where dialogs are kept, so that they outlive the process, and the folder of the key pair that seals them. */
  journal: z.object({ folder: z.string().min(1), keysDir: z.string().min(1) }).optional(),
  logLevel: z.string().default('info'),
});

export type EdgeProcessOptions = z.output<typeof edgeOptionsSchema>;
