// The media server of the simulation: has each party of a recorded leg recorded in a dialog of its own, with the recorder whose turn
// it is, and sends audio all the time. SIP goes as over UDP: a request is repeated until it is answered, or 32 s have passed.

import type { Host } from './host.ts';
import type { RecorderNode } from './recorder-node.ts';
import type { World } from './world.ts';

/** Who is to be recorded, as which recording. */
export interface RecordedLeg {
  readonly callUuid: string;
  readonly dn: string;
  readonly other: string;
  readonly id: string;
  /** A second recorder, of another group, has all of it, too. */
  readonly isDuplicated: boolean;
}

/** Who hears that a recording came to an end nobody asked for. */
export interface LegOwner {
  readonly tenant: string;
  stopped(callUuid: string, dn: string): void;
}

/** One dialog with a recorder: the audio of one party. */
export interface Dialog {
  readonly callId: string;
  readonly party: string;
  readonly leg: RecordedLeg;
  readonly tenant: string;
  readonly node: RecorderNode;
  phase: 'inviting' | 'up' | 'over';
  /** Where its audio goes. */
  rtpPort?: number;
}

/** A final response, as the edge gives it. */
export interface Answer {
  readonly status: number;
  readonly rtpPort?: number;
}

/** One copy of a recording: with one recorder at a time. */
interface Recording {
  readonly owner: LegOwner;
  readonly leg: RecordedLeg;
  readonly copy: Copy;
  dialogs: Dialog[];
}

/** Of the first group of recorders, or the second. */
type Copy = 0 | 1;

const repeatMs = [0, 500, 1_500, 3_500, 7_500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500] as const;
/** How long an INVITE may stay without a final response before it goes to the next recorder. */
const inviteMsMax = 4_000;
/** How long a recorder may take to say that it has a dialog. */
const askMsMax = 2_000;

export class MediaServer {
  readonly host: Host;
  readonly #world: World;
  readonly #nodes: () => readonly RecorderNode[];
  readonly #recordings = new Map<string, Recording>();
  #callIds = 0;
  #turn = 0;

  constructor(host: Host, nodes: () => readonly RecorderNode[]) {
    this.host = host;
    this.#world = host.world;
    this.#nodes = nodes;
  }

  /** Dialogs that stand. */
  get dialogs(): readonly Dialog[] {
    return [...this.#recordings.values()].flatMap(({ dialogs }) => dialogs).filter(({ phase }) => phase !== 'over');
  }

  /** How many recorders have it now. */
  copiesOf(id: string): number {
    return new Set(this.dialogs.flatMap(({ leg, node, phase }) => (leg.id === id && phase === 'up' ? [node] : [])))
      .size;
  }

  /** Resolves with the SIP status: 200 once every party is recorded, in one copy at least. */
  async record(owner: LegOwner, leg: RecordedLeg): Promise<number> {
    const isForgotten = this.#world.isPlanted('duplicate-forgotten');
    const copies: readonly Copy[] = leg.isDuplicated && !isForgotten ? [0, 1] : [0];
    const statuses = await Promise.all(copies.map((copy) => this.#record(owner, leg, copy)));
    return Math.min(...statuses);
  }

  /** Recorders are tried in turn. */
  async #record(owner: LegOwner, leg: RecordedLeg, copy: Copy): Promise<number> {
    const key = keyOf(owner, leg.callUuid, leg.dn, copy);
    const recording: Recording = { owner, leg, copy, dialogs: [] };
    for (const dialog of this.#recordings.get(key)?.dialogs ?? []) this.#bye(dialog);
    this.#recordings.set(key, recording);
    const nodes = this.#nodes().filter(({ group }) => group === copy);
    this.#turn += 1;
    const first = this.#turn;
    for (let tried = 0; tried < nodes.length; tried++) {
      const node = nodes[(first + tried) % nodes.length]!;
      const dialogs = [leg.dn, leg.other].map(
        (party): Dialog => ({
          callId: `m${++this.#callIds}`,
          party,
          leg,
          tenant: owner.tenant,
          node,
          phase: 'inviting',
        }),
      );
      recording.dialogs.push(...dialogs);
      const statuses = await Promise.all(dialogs.map((dialog) => this.#invite(dialog)));
      if (this.#recordings.get(key) !== recording) {
        for (const dialog of dialogs) this.#bye(dialog);
        return 487;
      }
      if (statuses.every((status) => status === 200)) return 200;
      for (const dialog of dialogs) this.#bye(dialog);
    }
    this.#recordings.delete(key);
    return 503;
  }

  /** Whether a recorder of this leg still has its dialogs: asked as a re-INVITE asks. */
  async stands(owner: LegOwner, callUuid: string, dn: string): Promise<boolean> {
    const copies = await Promise.all(
      ([0, 1] as const).map((copy) => this.#stands(this.#recordings.get(keyOf(owner, callUuid, dn, copy)))),
    );
    return copies.some((one) => one);
  }

  async #stands({ dialogs }: Pick<Recording, 'dialogs'> = { dialogs: [] }): Promise<boolean> {
    if (dialogs.some(({ phase }) => phase === 'inviting')) return true;
    const up = dialogs.filter(({ phase }) => phase === 'up');
    if (up.length === 0) return false;
    const answers = await Promise.all(up.map((dialog) => this.#asks(dialog)));
    return answers.every((one) => one);
  }

  end(owner: LegOwner, callUuid: string, dn: string): void {
    for (const copy of [0, 1] as const) {
      const key = keyOf(owner, callUuid, dn, copy);
      const recording = this.#recordings.get(key);
      this.#recordings.delete(key);
      for (const dialog of recording?.dialogs ?? []) this.#bye(dialog);
    }
  }

  /** A recorder has hung up. */
  hungUp(dialog: Dialog): void {
    if (dialog.phase !== 'up') return;
    this.#over(dialog);
    const { callUuid, dn } = dialog.leg;
    const recording = [...this.#recordings.values()].find(({ dialogs }) => dialogs.includes(dialog));
    if (!recording) return;
    recording.dialogs = recording.dialogs.filter((one) => one !== dialog);
    if (recording.dialogs.some(({ phase }) => phase === 'up')) return;
    const { owner, copy } = recording;
    this.#recordings.delete(keyOf(owner, callUuid, dn, copy));
    if (!this.#recordings.has(keyOf(owner, callUuid, dn, copy === 0 ? 1 : 0))) owner.stopped(callUuid, dn);
  }

  /** The status it was answered with; 408 when it was not, and was cancelled. */
  #invite(dialog: Dialog): Promise<number> {
    return new Promise((resolve) => {
      const answered = ({ status, rtpPort }: Answer) => {
        if (dialog.phase !== 'inviting') {
          // Its CANCEL and the answer have crossed.
          if (status === 200 && dialog.phase === 'over') this.#request(dialog, 'bye');
          return;
        }
        dialog.phase = status === 200 ? 'up' : 'over';
        if (rtpPort !== undefined) dialog.rtpPort = rtpPort;
        if (status === 200) dialog.node.capture.heard(dialog);
        resolve(status);
      };
      this.#repeat(
        () => dialog.phase === 'inviting',
        () =>
          this.#send(dialog.node, () =>
            dialog.node.edge.invite(dialog, (answer) => this.#back(dialog.node, () => answered(answer))),
          ),
      );
      this.#world.after(inviteMsMax, () => {
        if (dialog.phase !== 'inviting') return;
        dialog.phase = 'over';
        this.#request(dialog, 'cancel');
        resolve(408);
      });
    });
  }

  /** False when it is gone there, or nobody answers. */
  #asks(dialog: Dialog): Promise<boolean> {
    return new Promise((resolve) => {
      this.#send(dialog.node, () =>
        dialog.node.edge.asked(dialog, (isThere) => this.#back(dialog.node, () => resolve(isThere))),
      );
      this.#world.after(askMsMax, () => resolve(false));
    });
  }

  #bye(dialog: Dialog): void {
    if (dialog.phase === 'over') return;
    const was = dialog.phase;
    this.#over(dialog);
    this.#request(dialog, was === 'up' ? 'bye' : 'cancel');
  }

  #over(dialog: Dialog): void {
    dialog.phase = 'over';
    dialog.node.capture.fellSilent(dialog);
  }

  #request(dialog: Dialog, method: 'bye' | 'cancel'): void {
    let phase: 'open' | 'answered' = 'open';
    const answered = () => {
      phase = 'answered';
    };
    this.#repeat(
      () => phase === 'open',
      () => this.#send(dialog.node, () => dialog.node.edge[method](dialog, () => this.#back(dialog.node, answered))),
    );
  }

  #repeat(isWanted: () => boolean, send: () => void): void {
    const startMs = this.#world.nowMs;
    const next = ([ms, ...later]: readonly number[]) => {
      if (ms === undefined) return;
      this.#world.at(startMs + ms, () => {
        if (!isWanted()) return;
        send();
        next(later);
      });
    };
    next(repeatMs);
  }

  #send({ host }: RecorderNode, arrive: () => void): void {
    if (this.#world.network.reaches(this.host, host)) this.#world.after(this.#world.network.delayMs(), arrive);
  }

  #back({ host }: RecorderNode, arrive: () => void): void {
    if (this.#world.network.reaches(host, this.host)) this.#world.after(this.#world.network.delayMs(), arrive);
  }
}

function keyOf({ tenant }: LegOwner, callUuid: string, dn: string, copy: Copy): string {
  return `${tenant} ${callUuid} ${dn} ${copy}`;
}
