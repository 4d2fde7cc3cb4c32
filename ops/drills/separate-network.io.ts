// A network of its own for a node of a drill: a network namespace, joined to ours by a pair of virtual Ethernet devices. What goes between
// them can be cut, one way or both. Needs root. Nothing of this machine's own network is changed.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { messageOf, TwinreelError } from '#src/errors';

const run = promisify(execFile);

/** TCP connections to a port, which listens in the network or outside of it. */
export interface Cuttable {
  readonly port: number;
  readonly listens: 'inside' | 'outside';
}

/** Which packets get lost: those that leave the network, those that come, or both. */
export type Cut = 'out' | 'in' | 'both';

export class SeparateNetwork {
  /** Addresses of its two ends, of the range for tests of networks (RFC 2544). */
  readonly inside: string;
  readonly outside: string;
  readonly #name: string;

  private constructor() {
    const stem = `198.18.${process.pid % 256}`;
    this.outside = `${stem}.1`;
    this.inside = `${stem}.2`;
    this.#name = `twinreel${process.pid}`;
  }

  /** Rejects with `drill-impossible` where that is not allowed. */
  static async make(): Promise<SeparateNetwork> {
    const network = new SeparateNetwork();
    try {
      await network.#make();
    } catch (error) {
      await network.end();
      const text = `a network of its own needs root, network namespaces and iptables: ${messageOf(error)}`;
      throw new TwinreelError('drill-impossible', text, {}, { cause: error });
    }
    return network;
  }

  /** The words before a command that is to run in it. */
  get entering(): readonly string[] {
    return ['nsenter', `--net=/run/netns/${this.#name}`, '--'];
  }

  async cut({ port, listens }: Cuttable, cut: Cut): Promise<void> {
    const [leaving, coming] = listens === 'inside' ? ['--sport', '--dport'] : ['--dport', '--sport'];
    const drop = (chain: string, end: string) => ['-A', chain, '-p', 'tcp', end, String(port), '-j', 'DROP'];
    if (cut !== 'in') await this.#inside('iptables', drop('OUTPUT', leaving));
    if (cut !== 'out') await this.#inside('iptables', drop('INPUT', coming));
  }

  /** Nothing gets lost any more. */
  async join(): Promise<void> {
    await this.#inside('iptables', ['-F']);
  }

  /** Takes it down; nobody may be in it any more. */
  async end(): Promise<void> {
    await run('ip', ['netns', 'del', this.#name]).catch(() => {});
  }

  async #make(): Promise<void> {
    const [there, here] = ['eth0', `twr${process.pid}`];
    await run('ip', ['netns', 'add', this.#name]);
    await run('ip', ['link', 'add', here, 'type', 'veth', 'peer', 'name', there, 'netns', this.#name]);
    await run('ip', ['address', 'add', `${this.outside}/30`, 'dev', here]);
    await run('ip', ['link', 'set', here, 'up']);
    await this.#inside('ip', ['link', 'set', 'lo', 'up']);
    await this.#inside('ip', ['address', 'add', `${this.inside}/30`, 'dev', there]);
    await this.#inside('ip', ['link', 'set', there, 'up']);
    // Where it is not allowed to be cut, there is no drill.
    await this.join();
  }

  async #inside(command: string, words: readonly string[]): Promise<void> {
    const [enter, ...rest] = this.entering;
    await run(enter!, [...rest, command, ...words]);
  }
}
