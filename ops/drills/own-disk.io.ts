// A disk of its own for the data of a drilled node: a file system in an image file, mounted through a loop device. It can be
// filled, and it can lose what was not synced: what has not reached the image is what a power cut takes. Needs root.

import { execFile } from 'node:child_process';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, TwinreelError } from '#src/errors';

const run = promisify(execFile);
const fillingFile = 'filling';
const chunk = Buffer.alloc(65_536);

export class OwnDisk {
  /** Where it is mounted. */
  readonly path: string;
  readonly #image: string;

  private constructor(path: string, image: string) {
    this.path = path;
    this.#image = image;
  }

  /** Makes and mounts a disk of `bytes` below `folder`. Rejects with `drill-impossible` where that is not allowed. */
  static async make(folder: string, bytes: number): Promise<OwnDisk> {
    const disk = new OwnDisk(join(folder, 'disk'), join(folder, 'disk.image'));
    await mkdir(disk.path);
    await writeFile(disk.#image, '');
    try {
      await run('truncate', ['-s', String(bytes), disk.#image]);
      await run('mkfs.ext4', ['-q', '-F', disk.#image]);
      await disk.#mount();
    } catch (error) {
      const text = `a disk of its own needs root, mkfs.ext4 and loop devices: ${messageOf(error)}`;
      throw new TwinreelError('drill-impossible', text, {}, { cause: error });
    }
    return disk;
  }

  /** Takes all the room there is; resolves with the bytes taken. */
  async fill(): Promise<number> {
    const file = await open(join(this.path, fillingFile), 'a');
    let taken = 0;
    try {
      for (;;) taken += (await file.write(chunk)).bytesWritten;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      return taken;
    } finally {
      await file.close();
    }
  }

  /** Gives back the room. */
  heal(): Promise<void> {
    return rm(join(this.path, fillingFile), { force: true });
  }

  /** Keeps what has reached the image by now. Nobody may be writing. */
  async remember(): Promise<void> {
    await run('cp', ['--sparse=always', '--reflink=auto', this.#image, `${this.#image}.synced`]);
  }

  /** Goes back to what was remembered. Nobody may have a file open. */
  async forget(): Promise<void> {
    await this.#unmount();
    await rename(`${this.#image}.synced`, this.#image);
    await this.#mount();
  }

  /** Unmounts it; its folder may then be removed. */
  end(): Promise<void> {
    return this.#unmount();
  }

  async #mount(): Promise<void> {
    await run('mount', ['-o', 'loop', this.#image, this.path]);
  }

  async #unmount(): Promise<void> {
    await run('umount', [this.path]);
  }
}
