// What edge is started with. Names are those of the configuration's section `edge`.

import { z } from 'zod';

export const edgeOptionsSchema = z.object({
  application: z.object({ host: z.string().min(1), port: z.int().min(0).max(65_535), secret: z.string().min(1) }),
  logLevel: z.string().default('info'),
});
