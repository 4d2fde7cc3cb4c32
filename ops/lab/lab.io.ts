// The telephony side as a whole, on one machine: configuration server, SIP Server, media server and phones, each by its own sockets
// on loopback. What a recording cluster needs of a telephony side, and nothing it could tell from one.

import { type MediaServer, startMediaServer } from '#ops/lab/media-server';
import { type Phones, startPhones } from '#ops/lab/phones';
import { type Hostility, SipServer, type SwitchDn } from '#ops/lab/sip-server';
import { DirectoryServer } from '#src/directory';
import { type Clock, type Random, systemClock, systemRandom } from '#src/ports';
import { labDns, labOptions, labSite, msmlServiceDn, otherTenant, recordingProfile } from './site.ts';

export interface LabOptions {
  /** Where recordings go: the SIP address of a recorder. */
  readonly recorder: { readonly address: string; readonly port: number };
  /** TCP port of the configuration server; 0 takes any free one. */
  readonly directoryPort?: number;
  readonly dns?: readonly SwitchDn[];
  /** Options of the SIP Server's application, besides those it needs to have calls recorded. */
  readonly options?: Readonly<Record<string, string>>;
  /** Service parameters of the IVR profile, besides where recordings go. */
  readonly profile?: Readonly<Record<string, string>>;
  /** The resource manager, where there is one: the way of every recording (guide ch. 7, `sip.routset`). */
  readonly resourceManager?: { readonly address: string; readonly port: number } | undefined;
  /** Another tenant besides, whose switch has the same numbers. */
  readonly otherTenant?: boolean;
  /** A SIP Server that tells badly of its calls, and a media server whose packets go astray. */
  readonly hostility?: Hostility | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
}

/** One tenant's telephony. */
export interface LabTenant {
  readonly sipServer: SipServer;
  readonly mediaServer: MediaServer;
  /** Phones of DNs and of everybody outside; they call through the SIP Server. */
  readonly phones: Phones;
}

/** A running lab. */
export interface Lab extends LabTenant {
  readonly directory: DirectoryServer;
  readonly other: LabTenant | undefined;
  close(): Promise<void>;
}

const address = '127.0.0.1';
const silent = { info() {}, warn() {} };

/** Starts everything, in the order in which one needs the other. */
export async function startLab(options: LabOptions): Promise<Lab> {
  const { directoryPort = 0, dns = labDns, clock = systemClock } = options;
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    const own = await startTenant(options, dns, closing);
    const other = options.otherTenant ? await startTenant(options, dns, closing, otherTenant) : undefined;
    const all = [...dns, msmlServiceDn(own.mediaServer.sip)];
    const site = labSite(own.sipServer.tlib.port, all, other?.sipServer.tlib.port);
    const directory = await DirectoryServer.listen({ host: address, port: directoryPort, site, clock });
    closing.push(() => directory.close());
    return { directory, ...own, other, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Each part is ended by what is added to `closing`. */
async function startTenant(
  options: LabOptions,
  dns: readonly SwitchDn[],
  closing: (() => Promise<unknown>)[],
  tenant?: typeof otherTenant,
): Promise<LabTenant> {
  const { recorder, hostility, clock = systemClock, random = systemRandom, log = silent } = options;
  const route = hostility && ((dn: string) => hostility.route(dn));
  const manager = options.resourceManager;
  const routset = manager && { routset: `<sip:${manager.address}:${manager.port};lr>` };
  const mediaServer = await startMediaServer({ address, clock, random, route, ...routset, ...(tenant && { tenant }) });
  closing.push(() => mediaServer.close());
  // The SIP Server must know where phones are, and phones where the SIP Server is: calls name it.
  const phones = await startPhones({ address, clock, random });
  closing.push(() => phones.close());
  const sipServer = await SipServer.start({
    address,
    clock,
    random,
    log,
    mediaServer: mediaServer.sip,
    phones: phones.sip,
    dns: [...dns, msmlServiceDn(mediaServer.sip)],
    hostility,
    options: { ...labOptions, ...options.options },
    profile: { ...recordingProfile(recorder), ...options.profile },
  });
  closing.push(() => sipServer.close());
  return { sipServer, mediaServer, phones };
}
