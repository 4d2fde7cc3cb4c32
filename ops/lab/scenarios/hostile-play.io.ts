// Ten calls at a time while the telephony side is hostile: steps are those of any scenario, the judgement is another.

import type { Hostility } from '#ops/lab/sip-server';
import type { Desktop } from './desktop.io.ts';
import { type HostileCall, type HostileCheck, judgeHostile } from './hostile-judgement.ts';
import type { HeardVoices } from './judgement.ts';
import { type LabCluster, until } from './lab-cluster.io.ts';
import { Stage } from './play.io.ts';
import type { Scenario, Step } from './scenario.ts';
import { recordedDns } from './site.ts';

const parties = recordedDns.slice(0, 10).map((dn, index) => ({ dn, from: `555030${index}` }));
const settledMsMax = 15_000;
/** Longer than an event is late, and than the link is away. */
const spokenMs = 1_000;
/** Of each party to each recorder: something to hear, or more than it takes to believe that a peer sends from another port. */
const [packetsMin, strayedPacketsMin] = [30, 170];
const heardMsMax = 8_000;

const crowd: Scenario = {
  name: 'hostile',
  about: 'ten calls of which a hostile telephony side tells badly: each recorded once, or explained',
  steps: parties.map(({ dn, from }): Step => ({ do: 'call', from, to: dn })),
  couples: [],
};

/** Plays one seed; gives every check. Rejects with `scenario-impossible` when a step cannot be done. */
export async function playHostile(
  cluster: LabCluster,
  hostility: Hostility,
  desktop: Desktop,
  signal: AbortSignal,
): Promise<HostileCheck[]> {
  const known = new Set((await cluster.couples()).map(({ sid }) => sid));
  const loggedBefore = (await cluster.logged()).length;
  const stage = new Stage(crowd, cluster, desktop, known, signal);
  let named: Pick<HostileCall, 'dn' | 'otherDn' | 'callUuid' | 'sent'>[] = [];
  try {
    await Promise.all(
      crowd.steps.map(async (step, index) => {
        await stage.perform(step);
        await stage.perform({ do: 'answer', who: parties[index]!.dn });
      }),
    );
    await stage.perform({ do: 'pass', ms: spokenMs });
    const { sipServer, mediaServer } = cluster.lab;
    const count = hostility.strays ? strayedPacketsMin : packetsMin;
    const isHeard = () => {
      const sessions = mediaServer.conferences().flatMap(({ recordings }) => recordings.flatMap((one) => one.sessions));
      return sessions.every(({ phase, packets }) => phase === 'gone' || Math.min(...packets) >= count) || undefined;
    };
    // Where it is not, the judgement says so.
    await until('something to hear', isHeard, heardMsMax, signal).catch(() => {});
    const conferences = mediaServer.conferences();
    named = [...sipServer.calls.values()].map(({ callUuid, dnis, ani }) => {
      const [recording] = conferences.find(({ id }) => id === callUuid)?.recordings ?? [];
      return { callUuid, dn: dnis, otherDn: ani, sent: recording?.sessions[0]?.packets ?? [0, 0] };
    });
    await Promise.all(parties.map(({ from }) => stage.perform({ do: 'hang-up', who: from })));
  } finally {
    await stage.clear();
  }
  const forgotten = async () => {
    const busy = await cluster.busy();
    return busy && busy.calls + busy.waiting === 0 && cluster.isWatched ? busy : undefined;
  };
  const left = (await until('the core to forget', forgotten, settledMsMax, signal).catch(() => cluster.busy())) ?? {
    calls: Number.NaN,
    waiting: Number.NaN,
  };
  const couples = (await cluster.couples()).filter(({ sid }) => !known.has(sid));
  const heard = new Map<string, HeardVoices[]>();
  const problems = new Map<string, readonly string[]>();
  for (const { sid, takes } of couples) {
    const folder = takes.find((take) => take.folder !== undefined)?.folder;
    if (folder === undefined) continue;
    const recording = await cluster.recording(folder);
    heard.set(sid, [stage.heardIn(recording.sound)]);
    problems.set(sid, recording.problems);
  }
  const logged = (await cluster.logged()).slice(loggedBefore);
  const calls = named.map((call): HostileCall => {
    const events = hostility.happened.filter(({ dn, callUuid }) => dn === call.dn && callUuid === call.callUuid);
    return { ...call, events, routes: hostility.routes.get(call.dn) ?? [] };
  });
  return [
    checked('calls that were placed', parties.length, named.length),
    checked('calls and recordings that the core still waits for', 0, left.calls + left.waiting),
    malformed(hostility, logged),
    ...judgeHostile(calls, { couples, heard, problems, foreign: hostility.foreign, logged }),
  ];
}

/** Each malformed event was logged. While the link was away, nobody was sent any. */
function malformed({ counts }: Hostility, logged: readonly string[]): HostileCheck {
  const lines = logged.filter((line) => line.includes('cti-message-malformed')).length;
  const about = 'malformed events that were logged';
  return counts.torn > 0 && lines < counts.mangled
    ? { about: `${about}: ${lines}, of ${counts.mangled} with the link torn`, ok: true }
    : checked(about, counts.mangled, lines);
}

function checked(what: string, should: number, is: number): HostileCheck {
  const about = `${what}: ${should}`;
  return should === is ? { about, ok: true } : { about, ok: false, seen: `${is}` };
}
