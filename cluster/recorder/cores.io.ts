// What the cores are told of this recorder: every session there is, by links that need no Redis.

import type { Logger } from 'pino';
import type { NodeCard } from '#cluster/keeper';
import { type Identity, type LinkCommand, type RecorderFigures, RecorderLinks } from '#cluster/links';
import type { Config } from '#src/config';
import { systemClock, systemRandom } from '#src/ports';
import { endpointOfText } from '#src/wire';
import type { RecorderReport } from './control.io.ts';
import type { JournaledFacts } from './session-facts.io.ts';

export interface CoresOptions {
  readonly config: Config;
  readonly identity: Identity | undefined;
  readonly facts: JournaledFacts;
  readonly log: Logger;
  readonly card: NodeCard | undefined;
  readonly report: () => Promise<RecorderReport>;
  readonly onCommand: (command: LinkCommand) => Promise<readonly string[]>;
}

/** Dials the cores of the fixed list; those found later are added by `found`. */
export function linkToCores({ config, identity, facts, log, card, report, onCommand }: CoresOptions): RecorderLinks {
  const { links, recorder, node } = config;
  let figures: RecorderFigures = { sessions: 0, streams: 0, backlog: 0 };
  const learn = async () => {
    const { sessions = 0, streams = 0, backlog = 0 } = await report();
    figures = { sessions, streams, backlog };
  };
  return new RecorderLinks({
    node,
    pid: process.pid,
    startedMs: systemClock.nowMs(),
    streamsMax: recorder.streamsMax,
    life: card && lifeOf(card),
    tags: recorder.tags,
    secret: links.secret,
    identity,
    beatMs: links.beatMs,
    missedMax: links.missedMax,
    clock: systemClock,
    random: systemRandom,
    log,
    fixed: recorder.cores.map(endpointOfText),
    session: (take) => facts.state(take),
    sessions: () => facts.states(),
    // A beat never waits: it tells what was so at the last one.
    figures: () => {
      void learn().catch(() => {});
      return figures;
    },
    onCommand,
  });
}

/** The keeper listens there for its edge, and goes on while that is restarted. */
function lifeOf({ sipListeners }: NodeCard): { readonly host?: string; readonly port: number } | undefined {
  const tcp = sipListeners.find(({ transport }) => transport !== 'udp');
  if (!tcp) return undefined;
  const isAnywhere = tcp.address === '0.0.0.0' || tcp.address === '::';
  return { port: tcp.port, ...(!isAnywhere && { host: tcp.address }) };
}
