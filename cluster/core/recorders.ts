// The recorders that are linked to this core, and what each of them holds: who can be ordered about, and whose takes are lost.
// A recorder that goes is waited for as long as its node lives: its streams run on in capture, and its successor tells of them again.

import type { Ordering } from '#actors/call';
import type { LifePlace, LinkCommand, LinkEvents, LinkedRecorder } from '#cluster/links';
import { codeOf, TwinreelError } from '#src/errors';
import type { Clock, Timer } from '#src/ports';
import type { SessionNews } from '#src/recording';
import type { Mandate } from '#src/shards';

export interface RecordersOptions {
  readonly clock: Clock;
  /** How long a recorder that went may take to come back before what it held counts as lost. */
  readonly recorderReturnMs: number;
  /** Calls `gone` when nothing lives at the place any more. */
  readonly watchLife: (place: LifePlace, gone: () => void) => { cancel(): void };
  /** `again`: only for a call that knows the session; it may have heard it. */
  readonly onNews: (news: SessionNews, again: boolean) => void;
  readonly onLost: (takes: readonly string[]) => void;
  /** A recorder knows a later holder of a lease than us: what our duty is has to be looked at again. */
  readonly onFenced: (mandate: Mandate) => void;
}

interface Node {
  recorder: LinkedRecorder | undefined;
  /** Takes that it has told of and that have not come to their end, with their recording's id. */
  readonly takes: Map<string, string>;
  /** Of a recorder that is telling all it holds: what it has told so far. */
  told: Set<string>;
  /** While it is waited for. */
  patience: Pick<Timer, 'cancel'> | undefined;
}

export class Recorders implements LinkEvents {
  readonly #options: RecordersOptions;
  readonly #nodes = new Map<string, Node>();

  constructor(options: RecordersOptions) {
    this.#options = options;
  }

  /** How many are linked now. */
  get linked(): number {
    return [...this.#nodes.values()].filter(({ recorder }) => recorder).length;
  }

  /**
   * Orders every recorder that holds the recording, and gives the takes that obeyed. Rejects with `recording-unknown` when none
   * holds it, else with what the last of them says if all have refused. All but `stop` goes to every recorder: none tells of a take
   * that it has finished, and each keeps a pause for when the recording comes to it.
   */
  async order(
    command: LinkCommand['command'],
    recording: string,
    { by, mandate, orders }: Ordering,
  ): Promise<readonly string[]> {
    const asked = [...this.#nodes.values()].flatMap(({ recorder, takes }) => {
      const holds = [...takes].some(([take, id]) => id === recording || take === recording);
      return recorder && (holds || command !== 'stop') ? [recorder] : [];
    });
    const order = { command, recording, by, ...(mandate && { mandate }), ...(orders && { orders: [...orders] }) };
    const ends = await Promise.allSettled(asked.map((recorder) => recorder.command(order)));
    const takes = ends.flatMap((end) => (end.status === 'fulfilled' ? end.value : []));
    const errors = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    if (mandate && errors.some((error) => codeOf(error) === 'mandate-stale')) this.#options.onFenced(mandate);
    if (takes.length > 0) return takes;
    throw errors[0] ?? new TwinreelError('recording-unknown', `no linked recorder holds '${recording}'`);
  }

  /** An earlier core of this node was told of a take that had not come to its end: its recorder tells of it again, or has lost it. */
  expect({ node: name, take, recordingId }: Pick<SessionNews, 'node' | 'take' | 'recordingId'>): void {
    const node = this.#node(name);
    node.takes.set(take, recordingId);
    if (!node.recorder) node.patience ??= this.#awaitReturn(node);
  }

  attached(recorder: LinkedRecorder): void {
    const node = this.#node(recorder.node);
    node.recorder = recorder;
    node.told = new Set();
  }

  news(recorder: LinkedRecorder, news: SessionNews, again: boolean): void {
    const node = this.#node(recorder.node);
    node.told.add(news.take);
    if (again || news.phase === 'finished') node.takes.delete(news.take);
    else node.takes.set(news.take, news.recordingId);
    this.#options.onNews(news, again);
    if (again && news.phase !== 'finished') this.#options.onLost([news.take]);
  }

  forgotten(recorder: LinkedRecorder, take: string): void {
    // Of one that never was answered nothing is finished: nothing more will be told of it.
    if (this.#node(recorder.node).takes.delete(take)) this.#options.onLost([take]);
  }

  synced(recorder: LinkedRecorder): void {
    const node = this.#node(recorder.node);
    node.patience?.cancel();
    node.patience = undefined;
    this.#lose(node, (take) => !node.told.has(take));
  }

  ping(): void {}

  lost(recorder: LinkedRecorder): void {
    const node = this.#node(recorder.node);
    if (node.recorder !== recorder) return;
    node.recorder = undefined;
    node.patience?.cancel();
    node.patience = this.#awaitReturn(node, recorder.life);
  }

  /** Nobody waits for anybody any more. */
  stop(): void {
    for (const { patience } of this.#nodes.values()) patience?.cancel();
  }

  /** Until it is told of again, nothing lives at `place` any more, or it has taken too long. */
  #awaitReturn(node: Node, place?: LifePlace): Pick<Timer, 'cancel'> {
    const { clock, recorderReturnMs, watchLife } = this.#options;
    const give = () => {
      node.patience?.cancel();
      node.patience = undefined;
      this.#lose(node, () => true);
    };
    const late = clock.after(recorderReturnMs, give);
    const life = place && watchLife(place, give);
    return {
      cancel() {
        late.cancel();
        life?.cancel();
      },
    };
  }

  #node(name: string): Node {
    const known = this.#nodes.get(name);
    if (known) return known;
    const made: Node = { recorder: undefined, takes: new Map(), told: new Set(), patience: undefined };
    this.#nodes.set(name, made);
    return made;
  }

  #lose({ takes }: Node, isLost: (take: string) => boolean): void {
    const lost = [...takes.keys()].filter(isLost);
    for (const take of lost) takes.delete(take);
    if (lost.length > 0) this.#options.onLost(lost);
  }
}
