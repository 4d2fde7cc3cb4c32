// ops/bootstrap.sh on machines that lack something. Each test builds such a machine out of a folder of programs that is
// the whole PATH: real coreutils, and stand-ins for node, npm, apt-get, sudo and the programs that may be missing.

import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

const coreutils = ['bash', 'cat', 'chmod', 'dirname', 'env', 'grep', 'head', 'mv', 'rm', 'sh', 'sort', 'tee', 'true'];
const debianPrograms = ['redis-server', 'sipp', 'tshark', 'ffmpeg', 'sox', 'chromium', 'openssl', 'lame', 'flac'];

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('ops/bootstrap.sh', () => {
  it('on a machine that has everything only builds, and touches neither apt nor npm', () => {
    const machine = new Machine();
    const { status, output } = machine.bootstrap('test');
    expect({ status, output, log: machine.log() }).toEqual({
      status: 0,
      output: '',
      log: ['tsc -b', 'native', 'pages'],
    });
  });

  it('without rights names the one command that installs what is missing, and exits 1 before anything else', () => {
    const machine = new Machine({ missing: ['redis-server', 'sipp'] });
    const { status, output } = machine.bootstrap('test');
    expect(status).toBe(1);
    expect(output).toBe(
      'bootstrap: missing: redis-server sipp; this user may not install packages. As root: ' +
        'apt-get update && apt-get install -y --no-install-recommends redis-server sip-tester\n',
    );
    expect(machine.log()).toEqual([]);
  });

  it('on a machine without apt-get still names what is missing', () => {
    const machine = new Machine({ missing: ['redis-server'], without: ['apt-get'] });
    const { status, output } = machine.bootstrap('start');
    expect(status).toBe(1);
    expect(output).toContain('missing: redis-server; this machine has no apt-get. On Debian, as root: apt-get update');
  });

  it.each([
    ['root', { rights: 'root' }],
    ['sudo', { rights: 'sudo' }],
  ] as const)('by %s installs exactly what is missing, quietly, with services held back', (_, rights) => {
    const machine = new Machine({ missing: ['redis-server', 'sox'], ...rights });
    const { status, output } = machine.bootstrap('test');
    expect({ status, output }).toEqual({
      status: 0,
      output: 'bootstrap: installing redis-server sox with apt\n',
    });
    expect(machine.log()).toEqual([
      'apt-get -qq -o DPkg::Lock::Timeout=300 update frontend=noninteractive policy=101',
      'apt-get -qq -o DPkg::Lock::Timeout=300 install -y --no-install-recommends redis-server sox ' +
        'frontend=noninteractive policy=101',
      'systemctl --quiet disable redis-server.service',
      'tsc -b',
      'native',
      'pages',
    ]);
    expect(existsSync(machine.policy)).toBe(false);
    expect(machine.bootstrap('test').output).toBe('');
  });

  it('puts the policy of the machine back, also when apt fails, and shows what apt said', () => {
    const machine = new Machine({ missing: ['sox'], rights: 'root', aptFails: true });
    writeFileSync(machine.policy, '#!/bin/sh\nexit 0 # ours since 2019\n');
    const { status, output } = machine.bootstrap('test');
    expect(status).toBe(1);
    expect(output).toContain('E: no network today\nbootstrap: apt-get update failed; its words are above\n');
    expect(readFileSync(machine.policy, 'utf8')).toContain('ours since 2019');
    expect(existsSync(`${machine.policy}.before-twinreel`)).toBe(false);
  });

  it('removes a policy that a killed run of its own left behind', () => {
    const machine = new Machine({ missing: ['sox'], rights: 'root' });
    writeFileSync(
      machine.policy,
      '#!/bin/sh\n# for the moment of an installation, by ops/bootstrap.sh of Twinreel\nexit 101\n',
    );
    expect(machine.bootstrap('test').status).toBe(0);
    expect(existsSync(machine.policy)).toBe(false);
  });

  it('believes nobody: a package that does not bring its program is a failure', () => {
    const machine = new Machine({ missing: ['sox'], rights: 'root', aptBringsNothing: true });
    const { status, output } = machine.bootstrap('test');
    expect(status).toBe(1);
    expect(output).toContain("bootstrap: 'sox' is still not on the PATH after installing sox\n");
  });

  it('start needs redis-server only when no REDIS_URL is given', () => {
    const machine = new Machine({ missing: debianPrograms });
    expect(machine.bootstrap('start').output).toContain('missing: redis-server;');
    expect(machine.bootstrap('start', { REDIS_URL: 'redis://elsewhere:6379' }).status).toBe(0);
  });

  it('start does without lame where it cannot be installed, and says so; tests need it', () => {
    const machine = new Machine({ missing: ['lame'] });
    const { status, output } = machine.bootstrap('start');
    expect(status).toBe(0);
    expect(output).toContain('missing: lame; this user may not install packages.');
    expect(output).toContain('bootstrap: goes on. Without lame making audio for browsers takes about twice');
    expect(machine.log()).toEqual(['tsc -b', 'native', 'pages']);
    expect(machine.bootstrap('test').status).toBe(1);
    const withoutNetwork = new Machine({ missing: ['lame'], rights: 'root', aptFails: true });
    expect(withoutNetwork.bootstrap('start').status).toBe(0);
    expect(existsSync(withoutNetwork.policy)).toBe(false);
  });

  it.each([
    ['v18.20.4', 1],
    ['v20.9.0', 1],
    ['v20.19.0', 0],
    ['v24.1.0', 0],
  ])('Node %s: exit %i', (nodeVersion, expected) => {
    const { status, output } = new Machine({ nodeVersion }).bootstrap('start');
    expect(status).toBe(expected);
    if (expected === 1)
      expect(output).toContain(`Node ${nodeVersion.slice(1)} is too old; Twinreel needs Node 20.19 or newer`);
  });

  it('runs npm ci when node_modules is missing or older than package-lock.json, and not again', () => {
    const machine = new Machine();
    utimesSync(join(machine.root, 'package-lock.json'), 2_000_000_000, 2_000_000_000);
    expect(machine.bootstrap('start').status).toBe(0);
    expect(machine.log()[0]).toBe('npm ci --include=dev --no-audit --no-fund --loglevel=error');

    const fresh = new Machine();
    rmSync(join(fresh.root, 'node_modules', '.package-lock.json'));
    expect(fresh.bootstrap('start').status).toBe(0);
    expect(fresh.log()[0]).toMatch(/^npm ci/);
    expect(fresh.bootstrap('start').status).toBe(0);
    expect(fresh.log().filter((line) => line.startsWith('npm'))).toHaveLength(1);
  });

  it('a build that fails fails the start', () => {
    const machine = new Machine();
    machine.program(join(machine.root, 'node_modules', '.bin', 'tsc'), 'exit 2');
    expect(machine.bootstrap('start').status).toBe(2);
  });

  it('an unknown mode is refused with the allowed ones', () => {
    const { status, output } = new Machine().bootstrap('tset');
    expect({ status, output }).toEqual({
      status: 2,
      output: "bootstrap: mode 'tset' is not known; allowed: start, test\n",
    });
  });
});

interface MachineOptions {
  readonly missing?: readonly string[];
  readonly without?: readonly string[];
  readonly rights?: 'root' | 'sudo' | 'none';
  readonly nodeVersion?: string;
  readonly aptFails?: boolean;
  readonly aptBringsNothing?: boolean;
}

/** A project folder and a PATH of its own. Every stand-in that changes something writes a line into the log. */
class Machine {
  readonly root = mkdtempSync(join(tmpdir(), 'twinreel-bootstrap-'));
  readonly policy = join(this.root, 'policy-rc.d');
  readonly #programs = join(this.root, 'programs');
  readonly #log = join(this.root, 'log');

  constructor(options: MachineOptions = {}) {
    folders.push(this.root);
    const { missing = [], without = [], rights = 'none', nodeVersion = 'v20.19.0' } = options;
    for (const folder of ['programs', 'ops', 'node_modules/.bin'])
      mkdirSync(join(this.root, folder), { recursive: true });
    copyFileSync('ops/bootstrap.sh', join(this.root, 'ops', 'bootstrap.sh'));
    for (const built of ['native', 'pages'])
      writeFileSync(join(this.root, 'ops', `build-${built}.sh`), `echo ${built} >> ${this.#log}`);
    writeFileSync(join(this.root, 'package-lock.json'), '{}');
    writeFileSync(join(this.root, 'node_modules', '.package-lock.json'), '{}');
    utimesSync(join(this.root, 'package-lock.json'), 1_000_000_000, 1_000_000_000);

    for (const name of coreutils) symlinkSync(`/bin/${name}`, join(this.#programs, name));
    for (const name of debianPrograms) if (!missing.includes(name)) this.#standIn(name, 'exit 0');
    this.#standIn('node', `echo ${nodeVersion}`);
    this.#standIn('id', `echo ${rights === 'root' ? 0 : 1000}`);
    this.#standIn('sudo', rights === 'sudo' ? 'shift; exec "$@"' : 'exit 1');
    this.#standIn('systemctl', `echo "systemctl $*" >> ${this.#log}`);
    this.#standIn('npm', `echo "npm $*" >> ${this.#log}; echo '{}' > node_modules/.package-lock.json`);
    this.program(join(this.root, 'node_modules', '.bin', 'tsc'), `echo "tsc $*" >> ${this.#log}`);
    if (!without.includes('apt-get')) this.#standIn('apt-get', this.#apt(options));
  }

  /** Runs the script; `output` is what it said on both streams. */
  bootstrap(mode: string, environment: Record<string, string> = {}): { status: number | null; output: string } {
    const { status, stdout, stderr } = spawnSync('/bin/bash', [join(this.root, 'ops', 'bootstrap.sh'), mode], {
      env: { PATH: this.#programs, TWINREEL_POLICY_RC_D: this.policy, ...environment },
      encoding: 'utf8',
    });
    return { status, output: stdout + stderr };
  }

  log(): string[] {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8').trim().split('\n') : [];
  }

  program(path: string, body: string): void {
    writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }

  #standIn(name: string, body: string): void {
    this.program(join(this.#programs, name), body);
  }

  // Asks policy-rc.d as dpkg's scripts would, and brings a program for each package named last.
  #apt({ aptFails, aptBringsNothing }: MachineOptions): string {
    if (aptFails) return 'echo "E: no network today" >&2; exit 100';
    const bring = aptBringsNothing
      ? ''
      : `for word in "$@"; do case $word in redis-server|sox|lame) printf '#!/bin/sh\\n' > ${this.#programs}/$word; ` +
        `chmod 755 ${this.#programs}/$word;; esac; done`;
    return [
      `sh ${this.policy}; echo "apt-get $* frontend=$DEBIAN_FRONTEND policy=$?" >> ${this.#log}`,
      'case "$*" in *install*) ;; *) exit 0;; esac',
      bring,
    ].join('\n');
  }
}
