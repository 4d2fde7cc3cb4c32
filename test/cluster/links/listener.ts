// A core's end of the links for tests: listens for real, and keeps what recorders say.

import { type LinkedRecorder, LinkServer, type LinkServerOptions } from '#cluster/links';
import { systemClock, systemRandom } from '#src/ports';
import type { SessionNews } from '#src/recording';

export interface Listener {
  readonly server: LinkServer;
  /** Recorders that are linked now, the latest last. */
  readonly recorders: LinkedRecorder[];
  readonly synced: string[];
  readonly lost: string[];
  readonly forgotten: string[];
  /** Takes of which the last word was told again. */
  readonly again: string[];
  readonly warnings: string[];
  /** The last word on each take. */
  readonly sessions: Map<string, SessionNews>;
  /** Every word, in order. */
  readonly news: SessionNews[];
  pings: number;
}

export async function listen(options: Partial<LinkServerOptions> = {}): Promise<Listener> {
  const recorders: LinkedRecorder[] = [];
  const heard = {
    recorders,
    synced: [] as string[],
    lost: [] as string[],
    forgotten: [] as string[],
    again: [] as string[],
    warnings: [] as string[],
    sessions: new Map<string, SessionNews>(),
    news: [] as SessionNews[],
    pings: 0,
  };
  const server = await LinkServer.listen({
    address: '127.0.0.1',
    port: 0,
    node: 'n9',
    process: 'core',
    secret: 'twinreel',
    beatMs: 250,
    missedMax: 4,
    clock: systemClock,
    random: systemRandom,
    log: { info() {}, warn: (fields, text) => void heard.warnings.push(`${text} ${JSON.stringify(fields)}`) },
    events: {
      attached: (recorder) => void recorders.push(recorder),
      news(_, session, again) {
        if (again) heard.again.push(session.take);
        heard.news.push(session);
        heard.sessions.set(session.take, session);
      },
      forgotten: (_, take) => void heard.forgotten.push(take),
      synced: ({ name }) => void heard.synced.push(name),
      ping: () => void heard.pings++,
      lost(recorder, why) {
        recorders.splice(recorders.indexOf(recorder), 1);
        heard.lost.push(`${recorder.name}: ${why}`);
      },
    },
    ...options,
  });
  return Object.assign(heard, { server });
}
