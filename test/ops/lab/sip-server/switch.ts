// A SIP Server between phones and a media server that speak SIP and no RTP, and a T-Lib client that watches every DN of it.

import { labOptions, msmlServiceDn } from '#ops/lab';
import { SipServer, type SwitchDn } from '#ops/lab/sip-server';
import { type KeyValueList, recordingExtensions, type TLibEvent, TLibLink } from '#src/cti';
import { systemClock, systemRandom } from '#src/ports';
import { until } from '../../../harness/processes.ts';
import { MediaServerPeer, PhonesPeer, startPeer } from './sip-peers.ts';

/** What is configured otherwise than in the lab, where all is as the guide has it. */
export interface Configured {
  readonly options?: Readonly<Record<string, string>>;
  readonly profile?: Readonly<Record<string, string>>;
  /** Default three agents: 3556 to 3558. */
  readonly dns?: readonly SwitchDn[];
  /** Options of the msml service. */
  readonly msml?: Readonly<Record<string, string>>;
  /** What is done at once when an event comes. */
  readonly react?: (event: TLibEvent, link: TLibLink) => void;
}

export function extension(number: string, options: SwitchDn['options'] = {}): SwitchDn {
  return { number, type: 'extension', options };
}

const closing: (() => Promise<void>)[] = [];

/** Ends all that was started, the last first. */
export async function closeSwitches(): Promise<void> {
  for (const close of closing.splice(0).reverse()) await close();
}

export async function startSwitch(configured: Configured = {}) {
  const peers = [await startPeer(), await startPeer()] as const;
  for (const peer of peers) closing.push(() => peer.close());
  const [media, phones] = [new MediaServerPeer(peers[0]), new PhonesPeer(peers[1])];
  const service = msmlServiceDn(media.sip);
  const msml = { ...service, options: { ...service.options, ...configured.msml } };
  const dns = [...(configured.dns ?? ['3556', '3557', '3558'].map((number) => extension(number))), msml];
  const server = await SipServer.start({
    address: '127.0.0.1',
    clock: systemClock,
    random: systemRandom,
    log: { info() {}, warn() {} },
    mediaServer: media.sip,
    phones: phones.sip,
    dns,
    options: { ...labOptions, ...configured.options },
    ...(configured.profile && { profile: configured.profile }),
  });
  closing.push(() => server.close());
  const events: TLibEvent[] = [];
  let settled = false;
  const client = { servers: [server.tlib], client: { name: 'test' } };
  const link = new TLibLink(client, {
    event(event) {
      if (!settled) return;
      events.push(event);
      configured.react?.(event, link);
    },
    dnState() {},
    link() {},
    settled: () => {
      settled = true;
    },
    fault() {},
  });
  closing.push(async () => link.close());
  link.watch(dns.map(({ number }) => number));
  link.open();
  await until('every DN to be registered', () => settled);
  /** What was told so far, as `DN Event`. */
  const told = () => events.map(({ message, attributes }) => `${attributes.ThisDN} ${message.slice('Event'.length)}`);
  const last = (message: string) => events.findLast((event) => event.message === message)!;
  return {
    media,
    phones,
    server,
    link,
    events,
    told,
    last,
    heard: (line: string) => until(line, () => told().includes(line)),
    /** 3013 for the call that was established last. */
    start3013(ThisDN = '3556', Extensions: KeyValueList = recordingExtensions({ id: 'r' })) {
      const { ConnID } = last('EventEstablished').attributes;
      return link.request('RequestPrivateService', { PrivateMsgID: 3013, ThisDN, ConnID, Extensions });
    },
  };
}
