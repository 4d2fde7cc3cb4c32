// Ten calls at a time while the telephony side is hostile: scenarios that the seed draws, played all at once; the judgement is another.

import type { LabTenant } from '#ops/lab';
import type { Hostility } from '#ops/lab/sip-server';
import { codeOf, messageOf } from '#src/errors';
import type { Couple } from '#src/recording';
import type { CallLeft } from './afterwards.io.ts';
import type { Desktop } from './desktop.io.ts';
import { type Hearing, isEnoughSaid, type Session } from './hostile-hearing.ts';
import { type HostileCall, type HostileCheck, judgeHostile } from './hostile-judgement.ts';
import { callsAtOnce, callsOf, type HostileStep, type StagedCall } from './hostile-kinds.ts';
import type { HeardVoices } from './judgement.ts';
import { isWatched, type LabCluster, until } from './lab-cluster.io.ts';
import { isOwn } from './own-couples.ts';
import { Stage } from './play.io.ts';

const settledMsMax = 60_000;
/** Longer than an event is late, and than the link is away. */
const spokenMs = 1_000;
const heardMsMax = 8_000;

/** What a seed left behind. */
export interface HostilePlay {
  readonly checks: readonly HostileCheck[];
  /** The calls it had, by CallUUID, of which anybody heard. */
  readonly calls: readonly CallLeft[];
  readonly couples: readonly Couple[];
}

/** A call that is played. */
interface Playing {
  readonly call: StagedCall;
  /** CallUUID of the call itself, and of the one in which somebody is asked about it. */
  main: string | undefined;
  consult: string | undefined;
  /** By CallUUID and DN: packets sent to the recorder. */
  readonly sent: Map<string, readonly [number, number]>;
  failure: string | undefined;
  /** The core was told to pause what is recorded of it, and did. */
  isPaused: boolean;
}

/** Plays one seed at a tenant. Rejects only when it is interrupted. */
export async function playHostile(
  cluster: LabCluster,
  tenant: LabTenant,
  hostility: Hostility,
  desktop: Desktop,
  signal: AbortSignal,
): Promise<HostilePlay> {
  const known = new Set((await cluster.couples()).map(({ sid }) => sid));
  const before = (await cluster.busy(tenant)) ?? Number.NaN;
  const loggedBefore = (await cluster.logged(tenant)).length;
  const calls = callsOf(hostility.seed);
  const steps = calls.flatMap((call) => call.steps.flatMap((step) => (step.do === 'hear' ? [] : [step])));
  const played = { name: 'hostile', about: '', steps, couples: [] };
  const stage = new Stage(played, cluster, tenant, desktop, isOwn(known, hostility.foreign), signal);
  const playing = calls.map((call): Playing => {
    return { call, main: undefined, consult: undefined, sent: new Map(), failure: undefined, isPaused: false };
  });
  try {
    await Promise.all(playing.map((one) => playCall(one, stage, tenant, hostility, signal)));
  } finally {
    await stage.clear();
  }
  const leftNow = async () => ((await cluster.busy(tenant)) ?? Number.NaN) - before;
  const forgotten = async () => ((await leftNow()) <= 0 && isWatched(tenant) ? 0 : undefined);
  const left = await until('the core to forget', forgotten, settledMsMax, signal).catch(leftNow);
  const couples = (await cluster.couples()).filter((one) => one.tenant === tenant.path && !known.has(one.sid));
  const heard = new Map<string, HeardVoices[]>();
  const problems = new Map<string, readonly string[]>();
  for (const { sid, takes, standing } of couples) {
    const folder = takes.find((take) => take.folder !== undefined)?.folder;
    if (folder === undefined || standing === 'discarded') continue;
    const recording = await cluster.recording(folder);
    heard.set(sid, [stage.heardIn(recording.sound)]);
    problems.set(sid, recording.problems);
  }
  const logged = (await cluster.logged(tenant)).slice(loggedBefore);
  const failures = playing.flatMap(({ call, failure }): HostileCheck[] =>
    failure === undefined ? [] : [{ about: `${call.kind}: every step could be done`, ok: false, seen: failure }],
  );
  const judged = playing.flatMap((one) => (one.failure === undefined ? expectedOf(one, hostility) : []));
  const unplayed = new Set(playing.flatMap((one) => (one.failure === undefined ? [] : uuidsOf(one))));
  const { foreign, wanted } = hostility;
  const checks = [
    checked('calls that were placed', callsAtOnce, playing.filter(({ main }) => main !== undefined).length),
    checked('calls and recordings of it that the core still waits for', 0, left),
    malformed(hostility, logged),
    ...failures,
    ...judgeHostile(judged, { couples, heard, problems, foreign, unplayed, wanted, logged }),
  ];
  const told = playing.flatMap((one) => uuidsOf(one).map((callUuid) => ({ kind: one.call.kind, callUuid })));
  return { checks, couples, calls: told.filter(({ callUuid }) => hostility.isTold(callUuid)) };
}

async function playCall(
  one: Playing,
  stage: Stage,
  tenant: LabTenant,
  hostility: Hostility,
  signal: AbortSignal,
): Promise<void> {
  try {
    for (const step of stepsOf(one, tenant)) {
      if (step.do === 'hear') await hear(one, stage, tenant, hostility, signal);
      else await stage.perform(step);
      if (step.do === 'pause') one.isPaused = true;
      look(one, tenant);
    }
  } catch (error) {
    signal.throwIfAborted();
    one.failure = `${messageOf(error)} [${codeOf(error) ?? 'unexpected'}]`;
  }
}

/** Nobody says a card number while nothing is recorded that could be paused: then it would be recorded that begins meanwhile. */
function* stepsOf(one: Playing, tenant: LabTenant): Iterable<HostileStep> {
  let isLeftOut = false;
  for (const step of one.call.steps) {
    if (step.do === 'pause') isLeftOut = !recordingsOf(one, tenant).some(({ sessions }) => sessions.some(isRunning));
    if (!isLeftOut) yield step;
    if (step.do === 'resume') isLeftOut = false;
  }
}

function isRunning({ phase }: Session): boolean {
  return phase === 'running';
}

/** Everybody talks until enough is said. Where it never is, the judgement says so. */
async function hear(
  one: Playing,
  stage: Stage,
  tenant: LabTenant,
  { strays, wanted }: Hostility,
  signal: AbortSignal,
): Promise<void> {
  await stage.perform({ do: 'pass', ms: spokenMs });
  const isHeard = () => isEnoughSaid(one.call.couples, hearingOf(one, tenant), wanted, strays) || undefined;
  await until('something to hear', isHeard, heardMsMax, signal).catch(() => signal.throwIfAborted());
}

function hearingOf(one: Playing, tenant: LabTenant): Hearing {
  look(one, tenant);
  const calls = [...tenant.sipServer.calls.values()].filter(
    ({ callUuid }) => callUuid === one.main || callUuid === one.consult,
  );
  return {
    calls: calls.map(({ callUuid, parties }) => ({
      callUuid,
      isConsult: callUuid === one.consult,
      dns: parties.filter(({ phase }) => phase === 'talking' || phase === 'held').map(({ dn }) => dn),
    })),
    recordings: recordingsOf(one, tenant),
  };
}

/** Writes down which calls there are, and what was sent of them. */
function look(one: Playing, tenant: LabTenant): void {
  for (const { callUuid, about, parties } of tenant.sipServer.calls.values()) {
    if (!parties.some(({ dn }) => one.call.dns.has(dn))) continue;
    if (about === undefined) one.main ??= callUuid;
    else one.consult ??= callUuid;
  }
  for (const { callUuid, dn, sessions } of recordingsOf(one, tenant)) {
    const packets = sessions[0]?.packets;
    if (packets?.length === 2) one.sent.set(`${callUuid} ${dn}`, packets);
  }
}

function recordingsOf({ main, consult }: Playing, { mediaServer }: LabTenant) {
  const own = mediaServer.conferences().filter(({ id }) => id === main || id === consult);
  return own.flatMap(({ id, recordings }) => recordings.map(({ dn, sessions }) => ({ callUuid: id, dn, sessions })));
}

/** Of its calls that were placed. */
function uuidsOf({ main, consult }: Playing): string[] {
  return [main, consult].filter((one) => one !== undefined);
}

function expectedOf({ call, main, consult, sent, isPaused }: Playing, hostility: Hostility): HostileCall[] {
  return call.couples.flatMap((expected) => {
    const callUuid = (expected.callType === 'consult' ? consult : main) ?? '';
    const { dn } = expected;
    return {
      ...{ kind: call.kind, expected, callUuid },
      events: hostility.happened.filter((event) => event.dn === dn && event.callUuid === callUuid),
      routes: hostility.routes.get(dn) ?? [],
      sent: sent.get(`${callUuid} ${dn}`),
      isPaused,
    };
  });
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
