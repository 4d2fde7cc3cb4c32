// Calls of the lab that flow through a cluster of several nodes: each is placed, spoken, hung up, and then looked for in all cores.

import { labDns } from '#ops/lab';
import type { PhoneCall } from '#ops/lab/phones';
import { systemClock } from '#src/ports';
import type { Couple } from '#src/recording';
import type { Nodes } from './nodes.io.ts';

/** What became of one call. */
export interface CallEnd {
  readonly callUuid: string;
  readonly dn: string;
  readonly otherDn: string;
  /** The couple as the cores know it that know most of it. */
  readonly couple: Couple | undefined;
  /** Nodes whose cores know it. */
  readonly knownBy: readonly string[];
  readonly wrong: readonly string[];
}

const settledMsMax = 20_000;
const answerMsMax = 10_000;

/** Places the `index`th call, holds it for `spokenMs`, and waits for its couple. Never rejects. */
export async function placeCall(nodes: Nodes, index: number, spokenMs: number): Promise<CallEnd> {
  const dn = labDns[index % labDns.length]!.number;
  const otherDn = `55501${String(index % 100).padStart(2, '0')}`;
  const { phones, sipServer } = nodes.lab;
  const { address, port } = sipServer.sip;
  const agent = phones.phone(dn, { answers: 'at-once' });
  const call = phones.phone(otherDn).call(dn, `${address}:${port}`);
  const taken = agent.ringing();
  let callUuid = '';
  try {
    await inTime(call.answered);
    callUuid =
      [...sipServer.calls.values()].find(({ parties }) => parties.some((party) => party.dn === otherDn))?.callUuid ??
      '';
    speak(call, 440);
    speak(await taken, 660);
    await pause(spokenMs);
  } catch (error) {
    return {
      callUuid,
      dn,
      otherDn,
      couple: undefined,
      knownBy: [],
      wrong: [`the call was not taken: ${String(error)}`],
    };
  } finally {
    await call.hangUp();
  }
  return settled(nodes, { callUuid, dn, otherDn });
}

/** Waits until each core that knows the call calls it whole, or for as long as that may take. */
async function settled(nodes: Nodes, call: Pick<CallEnd, 'callUuid' | 'dn' | 'otherDn'>): Promise<CallEnd> {
  const untilMs = systemClock.monotonicMs() + settledMsMax;
  for (;;) {
    const known = [...(await nodes.couples())].flatMap(([node, couples]) =>
      couples.filter(({ callUuid }) => callUuid === call.callUuid).map((couple) => ({ node, couple })),
    );
    const end = judged(call, known);
    if (end.wrong.length === 0 || systemClock.monotonicMs() > untilMs) return end;
    await pause(200);
  }
}

/** One couple, recorded whole, whoever is asked for it. */
function judged(
  call: Pick<CallEnd, 'callUuid' | 'dn' | 'otherDn'>,
  known: readonly { readonly node: string; readonly couple: Couple }[],
): CallEnd {
  const sids = new Set(known.map(({ couple }) => couple.sid));
  const whole = known.filter(({ couple }) => isWhole(couple));
  const [best] = whole.length > 0 ? whole : known;
  const wrong = [
    ...(sids.size === 1 ? [] : [`${sids.size} couples`]),
    ...(whole.length > 0 ? [] : [`not whole: ${best ? standingOf(best.couple) : 'no core knows it'}`]),
  ];
  return { ...call, couple: best?.couple, knownBy: known.map(({ node }) => node), wrong };
}

function isWhole({ phase, problem, takes }: Couple): boolean {
  return phase === 'ended' && problem === 'NO_PROBLEM' && takes.some(({ folder }) => folder !== undefined);
}

function standingOf({ phase, problem, takes }: Couple): string {
  return `${phase}, ${problem}, takes ${takes.map((take) => take.phase).join(', ') || 'none'}`;
}

function speak(call: PhoneCall, frequencyHz: number): void {
  call.play({ kind: 'tone', frequencyHz });
}

function inTime(promise: Promise<void>): Promise<void> {
  return Promise.race([
    promise,
    pause(answerMsMax).then(() => {
      throw new Error(`nobody answered for ${answerMsMax / 1000} s`);
    }),
  ]);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => systemClock.after(ms, resolve));
}
