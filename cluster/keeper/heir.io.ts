// How a keeper is replaced by another program without letting go of a socket: it starts its heir as a child, the only way by
// which Node hands sockets on, and gives it everything. Neither of them ever reads a packet.

import { type ChildProcess, fork, type SendHandle } from 'node:child_process';
import type { Socket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import { TwinreelError } from '#src/errors';
import { type Clock, systemClock } from '#src/ports';
import type { SipListener } from '#src/sip';
import type { LeaseFacts, Memory } from './keeper.protocol.ts';
import type { Lease } from './leases.io.ts';
import { heldSipSocket, type SipSocket } from './sip-sockets.io.ts';
import { keepUnread } from './unread-socket.io.ts';

/** All that a keeper holds. */
export interface Estate {
  readonly sip: readonly SipSocket[];
  readonly leases: readonly Lease[];
  readonly memory: Memory;
}

/** With this argument the keeper process expects an estate from its parent. */
export const heirArgument = '--heir';

type ToHeir =
  | { readonly type: 'sip'; readonly facts: SipListener }
  | { readonly type: 'lease'; readonly lease: LeaseFacts; readonly role: 'rtp' | 'rtcp' }
  | { readonly type: 'all'; readonly memory: Memory };

type FromHeir = { readonly type: 'ready' } | { readonly type: 'taken' };

const heirModule = fileURLToPath(new URL('../processes/keeper.js', import.meta.url));
const heirMsMax = 10_000;

/** A started heir that waits for its estate. */
export class Heir {
  readonly #process: ChildProcess;
  readonly #clock: Clock;

  private constructor(process: ChildProcess, clock: Clock) {
    this.#process = process;
    this.#clock = clock;
  }

  /** Starts the keeper program that lies on the disk now. Rejects with `keeper-heir-failed` when it does not get ready. */
  static async start(clock: Clock = systemClock): Promise<Heir> {
    const child = fork(heirModule, [heirArgument], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], detached: true });
    const heir = new Heir(child, clock);
    await heir.#hears('ready');
    return heir;
  }

  /** Gives it everything; resolves when it has taken it. Rejects with `keeper-heir-failed`; it is gone then. */
  async take({ sip, leases, memory }: Estate): Promise<void> {
    const taken = this.#hears('taken');
    for (const { facts, handle } of sip) this.#send({ type: 'sip', facts }, handle);
    for (const { rtp, rtcp, ...lease } of leases) {
      this.#send({ type: 'lease', lease, role: 'rtp' }, rtp);
      this.#send({ type: 'lease', lease, role: 'rtcp' }, rtcp);
    }
    this.#send({ type: 'all', memory });
    await taken;
    // From now on it must not matter to it whether we live.
    this.#process.disconnect();
    this.#process.unref();
  }

  #send(message: ToHeir, socket?: SendHandle): void {
    this.#process.send(message, socket, { keepOpen: true }, () => {});
  }

  async #hears(awaited: FromHeir['type']): Promise<void> {
    const child = this.#process;
    try {
      await new Promise<void>((resolve, reject) => {
        const patience = this.#clock.after(heirMsMax, () => reject(new Error(`not ${awaited} after ${heirMsMax} ms`)));
        const settle = (end: () => void) => {
          patience.cancel();
          end();
        };
        child.on('message', ({ type }: FromHeir) => {
          if (type === awaited) settle(resolve);
        });
        child.once('error', (error) => settle(() => reject(error)));
        child.once('exit', (code, signal) => settle(() => reject(new Error(`it ended with ${signal ?? code}`))));
      });
    } catch (error) {
      child.kill('SIGKILL');
      throw new TwinreelError('keeper-heir-failed', `the keeper stays: its heir failed, ${String(error)}`);
    }
  }
}

/** In an heir: says that it is ready, and resolves with what its parent held. */
export function inherit(): Promise<Estate> {
  const sip: SipSocket[] = [];
  const leases = new Map<number, LeaseFacts & { rtp?: Socket; rtcp?: Socket }>();
  return new Promise((resolve) => {
    const orphaned = () => process.exit(1);
    process.once('disconnect', orphaned);
    process.on('message', (message: ToHeir, handle: SendHandle | undefined) => {
      if (message.type === 'sip' && handle) {
        // A TCP handle needs nothing: nobody accepts on it before somebody listens.
        sip.push(
          heldSipSocket(message.facts, message.facts.transport === 'udp' ? keepUnread(handle as Socket) : handle),
        );
      } else if (message.type === 'lease') {
        const known = leases.get(message.lease.lease) ?? message.lease;
        leases.set(message.lease.lease, { ...known, [message.role]: handle && keepUnread(handle as Socket) });
      } else if (message.type === 'all') {
        process.off('disconnect', orphaned);
        resolve({ sip, leases: [...leases.values()] as Lease[], memory: message.memory });
      }
    });
    process.send?.({ type: 'ready' } satisfies FromHeir);
  });
}

/** In an heir: the parent may go. */
export function inherited(): void {
  process.send?.({ type: 'taken' } satisfies FromHeir);
}
