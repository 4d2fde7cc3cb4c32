// ops/build-native.sh on machines that have a compiler, and that have none.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../harness/processes.ts';

const sources = [
  'src/media/capture/batch-receiver.c',
  'src/media/capture/expected-sources.h',
  'src/media/capture/media-sockets.h',
  'src/media/capture/ordered-runs.h',
  'src/sip/edge/datagrams.c',
  'src/journal/sealing.c',
];
const names = ['batch-receiver.node', 'datagrams.node', 'sealing.node'];
const built = names.map((name) => `dist/native/${name}`);

function build(compiler: string) {
  const folder = temporaryFolder('build-native');
  onTestFinished(folder.remove);
  for (const file of ['ops/build-native.sh', ...sources]) {
    mkdirSync(dirname(join(folder.path, file)), { recursive: true });
    copyFileSync(file, join(folder.path, file));
  }
  const programs = join(folder.path, 'bin');
  mkdirSync(programs);
  symlinkSync(process.execPath, join(programs, 'node'));
  const env = { PATH: `${programs}:${process.env['PATH']}`, CC: compiler };
  const { status, stderr } = spawnSync('bash', [join(folder.path, 'ops/build-native.sh')], { env, encoding: 'utf8' });
  return { status, stderr, isBuilt: built.every((file) => existsSync(join(folder.path, file))) };
}

it('without a compiler it says so, and what is lost, and ends well', () => {
  const { status, stderr, isBuilt } = build('no-such-compiler');
  expect({ status, isBuilt }).toEqual({ status: 0, isBuilt: false });
  for (const name of names)
    expect(stderr).toContain(`no ${name}, Node does without: there is no C compiler (no-such-compiler)`);
});

it('with a compiler that refuses it ends well', () => {
  const { status, stderr, isBuilt } = build('false');
  expect({ status, isBuilt }).toEqual({ status: 0, isBuilt: false });
  expect(stderr).toContain('it does not compile');
});

it.skipIf(!built.every((file) => existsSync(file)))('with a compiler it builds, without a warning', () => {
  expect(build('cc')).toEqual({ status: 0, stderr: '', isBuilt: true });
});
