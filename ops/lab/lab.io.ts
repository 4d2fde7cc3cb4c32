// The telephony side as a whole, on one machine: configuration server, SIP Server, media server and phones, each by its own sockets
// on loopback. What a recording cluster needs of a telephony side, and nothing it could tell from one.

import { type MediaServer, startMediaServer } from '#ops/lab/media-server';
import { type Phones, startPhones } from '#ops/lab/phones';
import { type Hostility, SipServer, type SwitchDn } from '#ops/lab/sip-server';
import { DirectoryServer } from '#src/directory';
import { type Clock, type Random, systemClock, systemRandom } from '#src/ports';
import { labDns, labOptions, labSite, labTenant, msmlServiceDn, recordingProfile } from './site.ts';

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
  /** By tenant: options of the msml service of its SIP Server that are not as the guide has them. */
  readonly services?: readonly SwitchDn['options'][];
  /** Each has a switch of its own, with the same numbers; default one. */
  readonly tenants?: number;
  /** By tenant: a SIP Server that tells badly of its calls, and a media server whose packets go astray. */
  readonly hostility?: readonly Hostility[] | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly log?: { info(fields: object, text: string): void; warn(fields: object, text: string): void };
}

/** One tenant's telephony. */
export interface LabTenant {
  /** As the configuration server names it. */
  readonly path: string;
  readonly sipServer: SipServer;
  readonly mediaServer: MediaServer;
  /** Phones of DNs and of everybody outside; they call through the SIP Server. */
  readonly phones: Phones;
}

/** A running lab; its own telephony is that of the first tenant. */
export interface Lab extends LabTenant {
  readonly directory: DirectoryServer;
  readonly tenants: readonly LabTenant[];
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
    const tenants: LabTenant[] = [];
    for (let nth = 0; nth < (options.tenants ?? 1); nth += 1)
      tenants.push(await startTenant(options, dns, closing, nth));
    const own = tenants[0]!;
    const all = [...dns, msmlServiceDn(own.mediaServer.sip)];
    const [port = 0, ...others] = tenants.map(({ sipServer }) => sipServer.tlib.port);
    const site = labSite(port, all, others);
    const directory = await DirectoryServer.listen({ host: address, port: directoryPort, site, clock });
    closing.push(() => directory.close());
    return { directory, ...own, tenants, close };
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
  nth: number,
): Promise<LabTenant> {
  const { recorder, clock = systemClock, random = systemRandom, log = silent } = options;
  const [tenant, hostility] = [labTenant(nth), options.hostility?.[nth]];
  const route = hostility && ((dn: string) => hostility.route(dn));
  const manager = options.resourceManager;
  const routset = manager && { routset: `<sip:${manager.address}:${manager.port};lr>` };
  const mediaServer = await startMediaServer({ address, clock, random, route, tenant, ...routset });
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
    dns: [...dns, msmlServiceDn(mediaServer.sip, options.services?.[nth])],
    hostility,
    options: { ...labOptions, ...options.options },
    profile: { ...recordingProfile(recorder), ...options.profile },
  });
  closing.push(() => sipServer.close());
  return { path: tenant.path, sipServer, mediaServer, phones };
}
