// Packets that nobody asked for, at ports that are open and at ports that are not: strangers at a multiple of the rate of the
// calls that are up.

import { compileSender, RtpSender, type SentStream } from '#ops/bench';
import type { Figures } from './drill.ts';
import type { Load } from './load.io.ts';

/** Where something is sent to. */
export interface Place {
  readonly address: string;
  readonly port: number;
}

/** The last port of a node's range, which is opened last, if ever. */
const lastPort = 29_999;
/** Of each ten strangers one sends to the port of RTCP, one from the peer's own address. */
const [controlOf, neighbourOf] = [9, 8];

/** Ten packets of strangers for each one of the calls, and as many to closed ports. Compiles its sender into the folder. */
export async function floodWithPackets(load: Load, folder: string, times: number, forMs: number): Promise<Figures> {
  const sender = await RtpSender.start(await compileSender(folder), forMs / 1_000, 0);
  try {
    const targets = openPlaces(load);
    const lines = targets.flatMap(({ address, port }, target) =>
      Array.from({ length: times }, (_, index): SentStream[] => {
        const from = index === neighbourOf ? address : RtpSender.addressOf(target * times + index);
        return [
          { address, port: index === controlOf ? port + 1 : port, from },
          { address, port: lastPort - 1 - 2 * target, from },
        ];
      }).flat(),
    );
    const { sent } = await sender.send(
      lines,
      () => {},
      () => {},
    );
    return { floodPackets: sent.reduce((sum, one) => sum + one, 0) };
  } finally {
    await sender.stop();
  }
}

/** Where the calls of a load send their audio. */
export function openPlaces({ calls }: Load): Place[] {
  return calls.flatMap(({ parties }) => parties.flatMap(({ stream }) => (stream ? [stream.target] : [])));
}
