// Core: what a core makes of a busy telephony server. It watches so many DNs, of which every second one is recorded.
//
//     registered  from the link to the last DN registered and asked for its calls; again after the link was cut under load
//     rising      events at even rates up to the one that is wanted: the highest at which 99 % of recordings are asked for in time
//     steady      events at that rate: how soon a recording is asked for (3013) after its call was established
//     flat out    as many events as the core takes: further calls come when those before were asked for
//
// The telephony server judges: of each recorded call it counts the requests. What the core knows in the end stands in Redis.

import { systemClock } from '#src/ports';
import type { Bench, Figures } from './bench.ts';
import type { SwitchFigures } from './busy-switch.protocol.ts';
import { type CoreSite, startCoreSite } from './core-site.io.ts';
import { cpuSecondsOf, measureCpu, memoryKiBOf } from './process-usage.io.ts';

/** Somewhat longer than a call. */
const riseSeconds = 7;
const cutAfterSeconds = 2;
/** Shares of the rate that is wanted, which a load comes to one after the other, and how long each is measured. */
const rungs = [0.2, 0.3, 0.4, 0.5, 0.6, 0.8];
const rungSeconds = 4;
const askedMsMax = 10;
/** Of what is told, and asked for, by then. */
const wellNigh = 0.99;
const flatOutSecondsMax = 10;
const registeredMsMax = 120_000;
const endedMsMax = 60_000;
/** A call that is over is kept for 5 s (core.lingerMs); then all that is to be told of it is told. */
const toldMsMax = 20_000;
const firstDn = 100_000;
const fewDns = 100;

export const core: Bench = {
  name: 'core',
  about: 'T-Lib events a core takes, from established to 3013, DNs it registers, what they cost',
  goals: ({ eventsPerSecond }) => [
    { figure: 'registeredMs', atMost: 30_000 },
    { figure: 'reregisteredMs', atMost: 30_000 },
    { figure: 'eventsPerSecond', atLeast: wellNigh * eventsPerSecond },
    { figure: 'establishedToAskedMsP99', atMost: askedMsMax },
    { figure: 'eventsPerSecondInTime', atLeast: eventsPerSecond },
    { figure: 'flatOutEventsPerSecond', atLeast: 10_000 },
    ...['callsMissing', 'callsAskedAgain', 'callsStrange', 'couplesMissing'].map((figure) => ({ figure, atMost: 0 })),
  ],
  async run({ dns, eventsPerSecond, seconds, say }): Promise<Figures> {
    const few = await startCoreSite(...numbers(fewDns));
    let fewBytes: number;
    try {
      await few.news('registered', registeredMsMax);
      fewBytes = await few.heapBytes();
    } finally {
      await few.stop();
    }
    say(`a core that watches ${dns} DNs, every second one recorded`);
    const site = await startCoreSite(...numbers(dns));
    try {
      const { ms: registeredMs } = await site.news('registered', registeredMsMax);
      const heapBytes = await site.heapBytes();
      say(`registered after ${Math.round(registeredMs)} ms`);
      const parts: SwitchFigures[] = [];
      const rungInTime = await climb(site, eventsPerSecond, say);
      parts.push(await ended(site));
      say(`steady: ${eventsPerSecond} events/s`);
      await rise(site, eventsPerSecond);
      const cpu = cpusOf(site);
      const cpuSeconds = cpuSecondsOf([site.pids.core]);
      await pause(seconds);
      const cpuSpent = cpuSecondsOf([site.pids.core]) - cpuSeconds;
      const cpuPercent = cpu();
      const steady = await ended(site);
      parts.push(steady);

      say(`${eventsPerSecond} events/s, and the link is cut`);
      site.order({ type: 'begin', eventsPerSecond });
      await pause(cutAfterSeconds);
      site.order({ type: 'cut' });
      const { ms: reregisteredMs } = await site.news('registered', registeredMsMax);
      await pause(cutAfterSeconds);
      parts.push(await ended(site));

      say('flat out');
      await rise(site, 'flat-out');
      await pause(Math.min(seconds, flatOutSecondsMax));
      const flatOut = await ended(site);
      parts.push(flatOut);
      const memoryMiB = memoryKiBOf([site.pids.core]) / 1_024;

      const sum = (figure: 'established' | 'missing' | 'again' | 'strange') =>
        parts.reduce((all, part) => all + part[figure], 0);
      const couplesMissing = await couplesMissingOf(site, sum('established'));
      return {
        dns,
        registeredMs: Math.round(registeredMs),
        reregisteredMs: Math.round(reregisteredMs),
        heapBytesPerDn: Math.round((heapBytes - fewBytes) / (dns - fewDns)),
        eventsPerSecond: Math.round(steady.events / steady.seconds),
        establishedToAskedMsP50: round(steady.msP50),
        establishedToAskedMsP99: round(steady.msP99),
        establishedToAskedMsMax: round(steady.msMax),
        eventsPerSecondInTime: isInTime(steady, eventsPerSecond) ? eventsPerSecond : rungInTime,
        coreCpuUsPerEvent: round((1e6 * cpuSpent) / steady.events),
        ...cpuPercent,
        flatOutEventsPerSecond: Math.round(flatOut.events / flatOut.seconds),
        flatOutMsP99: round(flatOut.msP99),
        coreMemoryMiB: Math.round(memoryMiB),
        callsRecorded: sum('established'),
        callsMissing: sum('missing'),
        callsAskedAgain: sum('again'),
        callsStrange: sum('strange'),
        couplesMissing,
      };
    } finally {
      await site.stop();
    }
  },
};

/** The highest rate up to which recordings were asked for in time at each that was tried; 0 when they were at none. */
async function climb(site: CoreSite, eventsPerSecond: number, say: (line: string) => void): Promise<number> {
  let inTime = 0;
  for (const [at, rung] of rungs.entries()) {
    const rate = Math.round(rung * eventsPerSecond);
    if (at === 0) site.order({ type: 'begin', eventsPerSecond: rate });
    else site.order({ type: 'pace', eventsPerSecond: rate });
    await pause(riseSeconds);
    site.order({ type: 'measure' });
    await pause(rungSeconds);
    site.order({ type: 'tell' });
    const figures = await site.news('figures', endedMsMax);
    const { msP50, msP99 } = figures;
    say(`rising: ${rate} events/s, p50 ${round(msP50)}, p99 ${round(msP99)} ms`);
    if (!isInTime(figures, rate)) break;
    inTime = rate;
  }
  return inTime;
}

/** Who was not asked for yet has no time, so there must be few of them. */
function isInTime({ events, seconds, established, missing, msP99 }: SwitchFigures, eventsPerSecond: number): boolean {
  const isAsked = missing <= (1 - wellNigh) * established && msP99 !== null && msP99 <= askedMsMax;
  return isAsked && events >= wellNigh * eventsPerSecond * seconds;
}

/** The load begins; when calls of every age are up, and what has to be compiled is, figures are taken. */
async function rise(site: CoreSite, eventsPerSecond: number | 'flat-out'): Promise<void> {
  site.order({ type: 'begin', eventsPerSecond });
  await pause(riseSeconds);
  site.order({ type: 'measure' });
}

function ended(site: CoreSite): Promise<SwitchFigures> {
  site.order({ type: 'end' });
  return site.news('ended', endedMsMax);
}

function cpusOf({ pids }: CoreSite): () => Figures {
  const measured = Object.entries(pids).map(([name, pid]) => [`${name}CpuPercent`, measureCpu(pid)] as const);
  return () => Object.fromEntries(measured.map(([name, percent]) => [name, percent()]));
}

/** Recorded calls whose couple is not in Redis with its end, when there is nothing left to tell. */
async function couplesMissingOf(site: CoreSite, wanted: number): Promise<number> {
  const untilMs = systemClock.monotonicMs() + toldMsMax;
  for (;;) {
    const told = await site.report().catch(() => undefined); // a core with much to do is late
    if ((told?.['calls'] === 0 && told['untold'] === 0) || systemClock.monotonicMs() > untilMs) break;
    await pause(0.2);
  }
  const ended = (await site.couples()).filter(({ phase }) => phase === 'ended');
  return wanted - ended.length;
}

function numbers(count: number): readonly [dns: string[], record: string[]] {
  const dns = Array.from({ length: count }, (_, index) => String(firstDn + index));
  return [dns, dns.filter((_, index) => index % 2 === 0)];
}

function pause(seconds: number): Promise<void> {
  return new Promise((wake) => void systemClock.after(1_000 * seconds, wake));
}

function round(value: number | null): number | null {
  return value === null ? null : Math.round(value * 100) / 100;
}
