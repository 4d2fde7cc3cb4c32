// Ends a segment's life. Its only wrapped key stands in its header, so the header is overwritten before the name goes:
// blocks that survive on the disk's surface stay sealed for good.

import { join } from 'node:path';
import type { JournalFiles } from './files.ts';
import { segmentHeaderBytesMax } from './segment-header.ts';
import { systemFiles } from './system-files.io.ts';

/** Deletes a segment and its key, durably. Throws what the file layer throws. */
export async function deleteSegment(folder: string, segment: string, files: JournalFiles = systemFiles): Promise<void> {
  const path = join(folder, segment);
  const file = await files.open(path, 'write');
  try {
    file.write([Buffer.alloc(Math.min(segmentHeaderBytesMax, await file.size()))], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await files.remove(path);
  await files.syncFolder(folder);
}
