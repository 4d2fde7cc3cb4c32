import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ConfigFile, parseConfig } from '#src/config';
import { TwinreelError } from '#src/errors';
import { VirtualClock } from '#src/ports';

function setUp(text: string) {
  const folder = mkdtempSync(join(tmpdir(), 'config-'));
  const path = join(folder, 'twinreel.yaml');
  writeFileSync(path, text);
  const heard: string[] = [];
  const clock = new VirtualClock();
  const file = new ConfigFile(
    path,
    parseConfig,
    {
      changed: ({ node }) => void heard.push(`changed ${node}`),
      refused: ({ code }) => void heard.push(`refused ${code}`),
    },
    clock,
  );
  onTestFinished(() => {
    file.close();
    rmSync(folder, { recursive: true });
  });
  /** Told to read it, and waited until that is done. */
  const reload = async () => {
    file.reload();
    await clock.advance(1_000);
  };
  return { folder, path, heard, clock, file, reload };
}

describe('the configuration file of a running process', () => {
  it('R-CFG-5: is taken when it has changed, refused when it is wrong, each once', async () => {
    const { path, heard, reload } = setUp('node: a');
    await reload();
    expect(heard).toEqual([]);
    writeFileSync(path, 'node: b');
    await reload();
    await reload();
    writeFileSync(path, 'node: "-"');
    await reload();
    writeFileSync(path, 'node: [');
    await reload();
    writeFileSync(path, 'node: b');
    await reload();
    expect(heard).toEqual(['changed b', 'refused config-invalid', 'refused config-unreadable', 'changed b']);
  });

  it('R-CFG-5: what is read slowly is taken when it is read, unless it has changed again meanwhile', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'config-'));
    const path = join(folder, 'rules.yaml');
    writeFileSync(path, 'first');
    const [heard, clock] = [[] as string[], new VirtualClock()];
    const read: (() => void)[] = [];
    const parse = (text: string) =>
      new Promise<string>((resolve, reject) => {
        const wrong = new TwinreelError('rules-unreadable', text, {});
        read.push(() => (text.startsWith('wrong') ? reject(wrong) : resolve(text)));
      });
    const listener = {
      changed: (text: string) => void heard.push(text),
      refused: ({ message }: TwinreelError) => void heard.push(`refused ${message}`),
    };
    const file = new ConfigFile(path, parse, listener, clock);
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const text of ['second', 'third', 'wrong', 'last']) {
      writeFileSync(path, text);
      file.reload();
      await clock.advance(1_000);
      if (text === 'second') continue;
      for (const done of read.splice(0)) done();
      if (text === 'last') file.close();
      await clock.advance(0);
    }
    expect(heard).toEqual(['third', 'refused wrong']);
  });

  it('R-CFG-5: is not taken while it is empty, or gone, or still being written', async () => {
    const { path, heard, reload, file, clock } = setUp('node: a');
    writeFileSync(path, '');
    await reload();
    rmSync(path);
    await reload();
    writeFileSync(path, 'node: half');
    file.reload();
    await clock.advance(100);
    writeFileSync(path, 'node: whole');
    await clock.advance(150);
    expect(heard).toEqual(['refused config-unreadable', 'refused config-unreadable']);
    await clock.advance(1_000);
    expect(heard.slice(2)).toEqual(['changed whole']);
  });

  it('R-CFG-5: is noticed without being told, also when another file takes its place', async () => {
    const { folder, path, heard, clock } = setUp('node: a');
    writeFileSync(join(folder, 'next'), 'node: replaced');
    renameSync(join(folder, 'next'), path);
    await expect
      .poll(async () => [await clock.advance(1_000), ...heard].at(-1), { timeout: 60_000 })
      .toBe('changed replaced');
  });
});
