// The SIP side of a recording node: keeps dialogs over its own death, answers copies, and holds requests for a recorder that is
// away for some seconds.

import type { Answer, Dialog } from './media-server.ts';
import type { RecorderNode } from './recorder-node.ts';
import { VirtualProcess } from './virtual-process.ts';

/** The recorder, as the edge sees it. */
export interface EdgeApplication {
  readonly process: VirtualProcess;
  invited(dialog: Dialog): void;
  cancelled(dialog: Dialog): void;
  bye(dialog: Dialog): void;
}

/** A dialog at the edge; answered ones stand in its journal. */
interface Known {
  readonly dialog: Dialog;
  answer?: Answer;
  reply: (answer: Answer) => void;
  /** Its peer has hung up and waits for the answer of the recorder. */
  bye?: (() => void) | undefined;
}

const applicationMsMax = 3_000;
const ipcMs = 0.2;

export class VirtualEdge {
  readonly #node: RecorderNode;
  readonly #journalled = new Map<string, Known>();
  #inviting = new Map<string, Known>();
  #process: VirtualProcess;
  #application: EdgeApplication | undefined;
  #waiting: (() => void)[] = [];

  constructor(node: RecorderNode) {
    this.#node = node;
    this.#process = this.#begin();
  }

  get process(): VirtualProcess {
    return this.#process;
  }

  /** Dialogs that stand. */
  get dialogs(): number {
    return this.#journalled.size;
  }

  /** Keeper starts it again at once; requests that were under way are repeated by whoever sent them. */
  kill(restartMs: number): void {
    this.#process.kill();
    this.#inviting = new Map();
    this.#application = undefined;
    this.#waiting = [];
    for (const known of this.#journalled.values()) known.bye = undefined;
    if (this.#node.host.world.isPlanted('edge-forgets-dialogs')) this.#journalled.clear();
    this.#node.host.world.after(restartMs, () => this.restart());
  }

  restart(): void {
    if (this.#process.phase !== 'dead' || this.#node.host.phase !== 'up') return;
    this.#process = this.#begin();
    this.#node.recorderHears();
  }

  /** The recorder connects; whatever waits for it is said. */
  connect(application: EdgeApplication): void {
    if (this.#process.phase === 'dead') return;
    this.#application = application;
    application.process.whenDead(() => {
      if (this.#application === application) this.#application = undefined;
    });
    for (const say of this.#waiting.splice(0)) say();
    // What the recorder before was told and did not answer, too.
    for (const known of this.#journalled.values()) this.#tellBye(known);
  }

  invite(dialog: Dialog, reply: (answer: Answer) => void): void {
    this.#process.run(() => {
      const known = this.#journalled.get(dialog.callId);
      if (known) {
        if (known.answer) reply(known.answer);
        return;
      }
      const inviting = this.#inviting.get(dialog.callId);
      if (inviting) {
        inviting.reply = reply;
        return;
      }
      this.#inviting.set(dialog.callId, { dialog, reply });
      this.#tell(
        (application) => application.invited(dialog),
        () => this.refuse(dialog.callId, 503),
      );
    });
  }

  /** Whether this dialog stands here. */
  asked(dialog: Dialog, reply: (isThere: boolean) => void): void {
    this.#process.run(() => {
      const known = this.#journalled.get(dialog.callId);
      reply(known !== undefined && !known.bye);
    });
  }

  cancel(dialog: Dialog, reply: () => void): void {
    this.#process.run(() => {
      reply();
      if (this.#journalled.has(dialog.callId)) return; // answered: its BYE follows
      if (this.#inviting.delete(dialog.callId))
        this.#tell(
          (application) => application.cancelled(dialog),
          () => {},
        );
    });
  }

  bye(dialog: Dialog, reply: () => void): void {
    this.#process.run(() => {
      const known = this.#journalled.get(dialog.callId);
      if (!known) {
        reply();
        return;
      }
      const isCopy = known.bye !== undefined;
      known.bye = reply;
      if (!isCopy) this.#tellBye(known);
    });
  }

  /** From the recorder: it has written down that the dialog is over. */
  answerBye(callId: string): void {
    const known = this.#journalled.get(callId);
    if (this.#process.phase !== 'running' || !known?.bye) return;
    this.#journalled.delete(callId);
    known.bye();
  }

  /** Whether the dialog was answered and is not over; undefined while nobody can be asked. */
  stands(callId: string): boolean | undefined {
    return this.#process.phase === 'running' ? this.#journalled.has(callId) : undefined;
  }

  /** From the recorder: journalled before it goes out. False when nobody waits for it here. */
  answer(callId: string, answer: Answer): boolean {
    const known = this.#inviting.get(callId);
    if (this.#process.phase !== 'running' || !known) return false;
    this.#inviting.delete(callId);
    known.answer = answer;
    this.#journalled.set(callId, known);
    if (this.#node.host.world.chance(0.2)) this.#node.host.world.moment();
    known.reply(answer);
    return true;
  }

  refuse(callId: string, status: number): void {
    const known = this.#inviting.get(callId);
    if (this.#process.phase !== 'running' || !known) return;
    this.#inviting.delete(callId);
    known.reply({ status });
  }

  /** False when there is no such dialog here. */
  hangUp(callId: string): boolean {
    const known = this.#journalled.get(callId);
    if (this.#process.phase !== 'running') return false;
    this.#journalled.delete(callId);
    const { world } = this.#node.host;
    if (known) world.after(world.network.delayMs(), () => this.#node.media.hungUp(known.dialog));
    return known !== undefined;
  }

  #tellBye({ dialog, bye }: Known): void {
    const application = this.#application;
    if (!application || !bye) return;
    this.#node.host.world.after(ipcMs, () => application.process.run(() => application.bye(dialog)));
  }

  #tell(say: (application: EdgeApplication) => void, tooLate: () => void): void {
    const { world } = this.#node.host;
    const deliver = () => {
      const application = this.#application!;
      world.after(ipcMs, () => application.process.run(() => say(application)));
    };
    if (this.#application) {
      deliver();
      return;
    }
    const process = this.#process;
    this.#waiting.push(deliver);
    process.clock.after(applicationMsMax, () => {
      const at = this.#waiting.indexOf(deliver);
      if (at < 0) return;
      this.#waiting.splice(at, 1);
      tooLate();
    });
  }

  #begin(): VirtualProcess {
    return new VirtualProcess(this.#node.host, 'edge');
  }
}
