// Ten calls while the SIP Server tells badly of them: steps are those of any scenario, the judgement is another.

import { recordedDns } from './catalogue.ts';
import type { Desktop } from './desktop.io.ts';
import { type HostileCall, judgeHostile } from './hostile-judgement.ts';
import type { Check, HeardVoices } from './judgement.ts';
import { type LabCluster, until } from './lab-cluster.io.ts';
import { Stage } from './play.io.ts';
import type { Scenario, Step } from './scenario.ts';

const parties = recordedDns.slice(0, 10).map((dn, index) => ({ dn, from: `555030${index}` }));
const settledMsMax = 10_000;

const crowd: Scenario = {
  name: 'hostile',
  about:
    'ten calls of which the SIP Server tells late, twice, out of order or not at all: each recorded once, or explained',
  steps: [
    ...parties.flatMap(({ dn, from }): Step[] => [
      { do: 'call', from, to: dn },
      { do: 'answer', who: dn },
    ]),
    // Longer than an event is late, and then something to hear.
    { do: 'pass', ms: 1_500 },
  ],
  couples: [],
};

/** Gives every check. Rejects with `scenario-impossible` when a step cannot be done. */
export async function playHostile(cluster: LabCluster, desktop: Desktop, signal: AbortSignal): Promise<Check[]> {
  const stage = new Stage(crowd, cluster, desktop, new Set(), signal);
  let named: Omit<HostileCall, 'untold'>[] = [];
  try {
    for (const step of crowd.steps) await stage.perform(step);
    named = [...cluster.lab.sipServer.calls.values()].map(({ callUuid, dnis, ani }) => ({
      ...{ callUuid, dn: dnis, otherDn: ani },
    }));
  } finally {
    await stage.clear();
  }
  const checks = async (): Promise<Check[]> => {
    const couples = await cluster.couples();
    const heard = new Map<string, HeardVoices[]>();
    for (const { sid, recordingId } of couples) heard.set(sid, await stage.heard(recordingId));
    const untold = cluster.hostility?.untold ?? [];
    const calls = named.map((call) => {
      const events = untold.filter(({ dn, callUuid }) => dn === call.dn && callUuid === call.callUuid);
      return { ...call, untold: events.map(({ message }) => message) };
    });
    return judgeHostile(calls, couples, heard);
  };
  const good = async () => {
    const all = await checks();
    return all.every(({ ok }) => ok) ? all : undefined;
  };
  const judged = await until('every call to be recorded or explained', good, settledMsMax, signal).catch(checks);
  return [
    { about: `calls that were placed: ${named.length} of ${parties.length}`, ok: named.length === parties.length },
    ...judged,
  ];
}
