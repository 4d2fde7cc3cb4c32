// A recording node of the simulation: keeper's sockets with capture, the edge, and the recorder process with the real actors of all
// sessions. Any of them may die; the recorder is started again by its process manager, the others by keeper.

import { type ActorSystem, type Address, seedActorSystem } from '#actors/kit';
import type { SessionFact, SessionState } from '#actors/session';
import { type SessionsMessage, sessions } from '#actors/sessions';
import { tree } from '#actors/tree';
import { newsOf } from '#cluster/links';
import { gatesOf, JournaledFacts, type OrderFact, Orders } from '#cluster/recorder';
import { seededRandom } from '#src/ports';
import type { SessionNews } from '#src/recording';
import { CapturePort } from './capture-port.ts';
import { CoreLink } from './core-link.ts';
import type { CoreNode } from './core-node.ts';
import { FinishedRecordings } from './finished-recordings.ts';
import type { Host } from './host.ts';
import type { Ledger } from './ledger.ts';
import type { MediaServer } from './media-server.ts';
import { SignallingPort } from './signalling-port.ts';
import { systemLog } from './system-log.ts';
import { VirtualCapture } from './virtual-capture.ts';
import { VirtualEdge } from './virtual-edge.ts';
import { VirtualDisk, VirtualJournal } from './virtual-journal.ts';
import { VirtualProcess } from './virtual-process.ts';

const askMsMax = 2_000;
const settings = { codecs: ['PCMU'], lingerMs: 500, retryAfterSeconds: 5, streamsMax: 1_350 };

/** One life of the recorder process. */
interface RecorderLife {
  readonly process: VirtualProcess;
  readonly system: ActorSystem;
  readonly journal: VirtualJournal<SessionFact>;
  readonly signalling: SignallingPort;
}

export class RecorderNode {
  readonly host: Host;
  /** 0: those that every recording goes to one of; 1: those of the second copy. */
  readonly group: 0 | 1;
  readonly media: MediaServer;
  readonly ledger: Ledger;
  readonly silenceMsMax = 30_000;
  readonly capture: VirtualCapture;
  readonly edge: VirtualEdge;
  readonly finished: FinishedRecordings;
  readonly #disk: VirtualDisk;
  readonly #orders: VirtualDisk;
  readonly #cores: () => readonly CoreNode[];
  #life: RecorderLife | undefined;
  #lives = 0;
  #keeper: 'up' | 'dead' = 'up';

  constructor(host: Host, group: 0 | 1, media: MediaServer, ledger: Ledger, cores: () => readonly CoreNode[]) {
    this.host = host;
    this.group = group;
    this.media = media;
    this.ledger = ledger;
    this.#cores = cores;
    this.#disk = new VirtualDisk(host.world, `${host.name}/recorder-journal`);
    this.#orders = new VirtualDisk(host.world, `${host.name}/orders-journal`);
    this.capture = new VirtualCapture(this);
    this.edge = new VirtualEdge(this);
    this.finished = new FinishedRecordings(this);
  }

  get recorder(): VirtualProcess | undefined {
    return this.#life?.process;
  }

  get system(): ActorSystem | undefined {
    return this.#life?.system;
  }

  /** Takes that are not forgotten. */
  get takes(): readonly string[] {
    return this.#life?.journal.subjects() ?? [];
  }

  startRecorder(): void {
    const { host } = this;
    if (host.phase !== 'up') return;
    this.#lives += 1;
    const process = new VirtualProcess(host, `recorder.${this.#lives}`);
    const journal = new VirtualJournal<SessionFact>(process, this.#disk);
    const links: CoreLink[] = [];
    const lastWords = new Map<string, SessionNews>();
    const listener = {
      onChanged: (take: string) => {
        const state = facts.state(take);
        if (state?.phase === 'lingering' && host.world.isPlanted('forgotten-at-its-end')) void facts.forget(take);
        if (state) for (const link of links) link.tell(state);
      },
      onForgotten: (last: SessionState) => {
        lastWords.set(last.take, newsOf(last, {}));
        for (const link of links) {
          link.tell(last);
          link.forgotten(last.take);
        }
      },
    };
    const turn = () => new Promise<void>((resolve) => process.clock.after(0, resolve));
    const facts = new JournaledFacts(journal, listener, turn);
    const system = seedActorSystem(
      {
        name: 'recorder',
        tree,
        clock: process.clock,
        random: seededRandom(host.world.seed),
        log: systemLog(process),
        onFailure: ({ path }) => host.world.breach('no crash', `${path} of ${process.name} failed for good`),
      },
      host.world.seed + this.#lives,
    );
    const tell = (message: SessionsMessage) => void system.send(root, message);
    const signalling = new SignallingPort(this, process, tell);
    const capture = new CapturePort({
      node: this,
      process,
      epoch: journal.epoch,
      gates: () => gatesOf(facts.states()),
      onSilent: (stream) => tell({ type: 'silent', stream }),
      onHeld: (held) => tell({ type: 'held', ...held }),
      onFenced: () => {
        host.world.note(process.name, 'fenced: a newer recorder commands capture');
        process.kill();
      },
    });
    const finisher = { finish: (state: SessionState) => this.finished.finish(process, state) };
    const orders = new Orders(new VirtualJournal<OrderFact>(process, this.#orders), process.clock);
    const pausedBy = (recordingId: string) => orders.pausedBy(recordingId);
    const ports = { facts, capture, signalling, finisher, pausedBy };
    const own = { ...settings, tenant: 'environment', node: host.name, silenceMsMax: this.silenceMsMax };
    const root: Address<SessionsMessage> = system.spawn(sessions, 'sessions', { settings: own, ports });
    this.#life = { process, system, journal, signalling };
    this.recorderHears();
    const recorder = {
      name: process.name,
      node: host.name,
      pid: this.#lives,
      startedMs: process.clock.nowMs(),
      streamsMax: settings.streamsMax,
      life: { host: host.name, port: 1 },
    };
    for (const core of this.#cores())
      links.push(
        new CoreLink({
          process,
          core,
          recorder,
          sessions: () => facts.states(),
          lastWords: () => lastWords.values(),
          onCommand: async ({ command, recording, by, orders: names, mandate }) => {
            if (mandate && !host.world.isPlanted('mandate-ignored')) orders.admit(mandate);
            if (mandate) this.ledger.admitted(host.name, mandate);
            if (command === 'destroy') return [recording];
            const takes = system.ask<SessionsMessage, readonly string[]>(
              root,
              (reply) => ({ type: 'command', command, recording, by, orders: names, reply }),
              askMsMax,
            );
            // Also of one that runs: its next take may begin here.
            const kept =
              command === 'pause' && !host.world.isPlanted('pause-not-kept')
                ? orders.pause(recording, { by, orders: names ?? [] })
                : command === 'resume' && orders.resume(recording, names);
            const [obeyed] = await Promise.all([takes, kept]);
            return obeyed;
          },
        }),
      );
    host.world.note(process.name, `begins with ${journal.subjects().length} takes`);
  }

  /** The recorder connects to the edge that is there now. */
  recorderHears(): void {
    const life = this.#life;
    if (life?.process.phase !== 'running') return;
    life.process.clock.after(1, () => this.edge.connect(life.signalling));
  }

  /** What it had written is there for the next one. */
  killRecorder(restartMs: number): void {
    this.#die();
    this.host.world.after(restartMs, () => {
      if (this.#life?.process.phase === 'dead') this.startRecorder();
    });
  }

  /** It is stopped, taken for dead, and another one started; then it goes on. */
  replaceRecorder(stoppedMs: number): void {
    const stale = this.#life?.process;
    if (stale?.phase !== 'running') return;
    stale.stop();
    this.host.world.after(500, () => this.startRecorder());
    this.host.world.after(stoppedMs, () => stale.goOn());
  }

  /** The whole machine: with the power goes what was not synced. */
  losePower(downMs: number): void {
    const { host } = this;
    host.phase = 'down';
    this.capture.die(host.world.between(0, 150));
    this.edge.process.kill();
    this.#die();
    this.#disk.losePower();
    this.#orders.losePower();
    this.ledger.nodePowerLost(host.name);
    host.world.after(downMs, () => {
      host.phase = 'up';
      host.world.network.changed();
      this.#beginAgain();
    });
  }

  /** keeper is killed, with all that it holds: what was written is there. */
  killNode(restartMs: number): void {
    const { world } = this.host;
    this.#keeper = 'dead';
    this.capture.die(world.between(0, 16));
    this.edge.process.kill();
    this.#die();
    world.after(restartMs, () => this.#beginAgain());
  }

  /** Whether somebody holds its sockets. */
  get isKept(): boolean {
    return this.#keeper === 'up' && this.host.phase === 'up';
  }

  #beginAgain(): void {
    this.#keeper = 'up';
    this.capture.restart();
    this.edge.restart();
    this.startRecorder();
  }

  /** Compares what is on the disk with what its process believes. */
  compareFacts(): void {
    this.#life?.journal.compare();
  }

  #die(): void {
    const life = this.#life;
    if (!life || life.process.phase === 'dead') return;
    life.journal.compare();
    this.host.world.watchActors(life.process.name, life.system);
    life.process.kill();
  }
}
