import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkOpenFiles, filesNeeded } from '../../../cluster/recorder/open-files.io.ts';
import { temporaryFolder } from '../../harness/processes.ts';

/** A file as the kernel shows the limits of a process. */
function limitsOf(soft: string): string {
  const folder = temporaryFolder('limits');
  onTestFinished(() => folder.remove());
  const path = join(folder.path, 'limits');
  const row = `Max open files            ${soft.padEnd(20)} 1048576              files`;
  writeFileSync(path, `Limit                     Soft Limit           Hard Limit           Units\n${row}\n`);
  return path;
}

describe('the limit of open files', () => {
  it('R-REC-2: too low for the streams, it is said at start with what to do', async () => {
    await expect(checkOpenFiles(1_350, limitsOf('1024'))).rejects.toMatchObject({
      code: 'open-files-too-few',
      message:
        '1024 open files are allowed, 1350 pairs of RTP sockets need 2956: raise it (ulimit -n 2956, or LimitNOFILE=2956 in the service) or lower recorder.streamsMax or capture.readyPairs',
      details: { allowed: 1_024, needed: 2_956 },
    });
  });

  it.each(['2956', '1048576', 'unlimited'])('R-REC-2: %s is enough for 1350 pairs', async (soft) => {
    await expect(checkOpenFiles(1_350, limitsOf(soft))).resolves.toBeUndefined();
  });

  it('R-REC-2: one below what is needed is not enough', async () => {
    await expect(checkOpenFiles(1_350, limitsOf(String(filesNeeded(1_350) - 1)))).rejects.toThrow('ulimit -n 2956');
  });

  it('R-REC-2: where the system does not tell, nothing is refused', async () => {
    await expect(checkOpenFiles(1_350, '/nowhere/limits')).resolves.toBeUndefined();
  });

  it('R-REC-2: the limit of this very process can be read', async () => {
    await expect(checkOpenFiles(1_000_000_000)).rejects.toMatchObject({ code: 'open-files-too-few' });
  });
});
