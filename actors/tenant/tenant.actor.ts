// One tenant of a core: its switches, its DNs, its calls. Decides which call an event or a session belongs to, and passes it on;
// what is done about it is decided there. Another tenant's calls are never seen here.

import { type CallArgs, type CallMessage, type CallName, call, dnsOf, type PartyEvent } from '#actors/call';
import { type DnMessage, dn } from '#actors/dn';
import { type Address, type Context, defineActor } from '#actors/kit';
import { type LinkAnswer, type LinkMessage, link } from '#actors/link';
import type { TLibEvent, TLibPort } from '#src/cti';
import { callAttributes } from '#src/metadata';
import type { SessionNews } from '#src/recording';
import { callTelephony } from './call-telephony.ts';
import { toldOfCouple } from './couple-event.ts';
import { Doubts } from './doubts.ts';
import { Elsewhere } from './elsewhere.ts';
import { Leaving } from './leaving.ts';
import { Logins } from './logins.ts';
import { actorName, keyOf } from './names.ts';
import { callOf, partyEventOf, partySeen } from './party-event.ts';
import { Register } from './register.ts';
import type { TenantMessage, TenantPorts, TenantSettings, WatchedSwitch } from './tenant.protocol.ts';
import { isAway, switchOf, watchedOf } from './watched.ts';

export interface TenantArgs {
  /** As they are now: a change needs no other actor. */
  readonly settings: () => TenantSettings;
  readonly ports: TenantPorts;
  /** What is to be watched at the start; changes are told. */
  readonly switches: () => readonly WatchedSwitch[];
}

type Message =
  | TenantMessage
  | { readonly type: 'call-gone'; readonly callUuid: string }
  /** News have waited long enough for a call that they belong to. */
  | { readonly type: 'session-due'; readonly take: string };

type Home = Extract<TenantMessage, { type: 'news' }>['home'];

interface Live {
  readonly args: TenantArgs;
  readonly register: Register;
  readonly doubts: Doubts;
  readonly elsewhere: Elsewhere;
  readonly leaving: Leaving;
  readonly links: Map<string, Address<LinkMessage>>;
  /** By switch and DN: two switches may have the same number. */
  readonly dns: Map<string, Address<DnMessage>>;
  readonly logins: Logins;
  readonly watched: Map<string, Set<string>>;
  readonly switches: Map<string, WatchedSwitch>;
  readonly calls: Map<string, Address<CallMessage>>;
  /** By switch: what was given to the call that began there last, and what it was made from. */
  readonly surroundings: Map<
    string,
    {
      readonly from: { readonly settings: TenantSettings; readonly ofSwitch: WatchedSwitch['configured'] };
      readonly given: Surroundings;
    }
  >;
  /** Sessions that no call has claimed yet. */
  readonly waiting: Map<string, { readonly news: SessionNews; readonly home: Home }>;
}

type Surroundings = Pick<CallArgs, 'settings' | 'ports'>;

const requestMsMax = 6_000;

export const tenant = defineActor<Message, Live, TenantArgs>({
  kind: 'tenant',

  start(args, context) {
    const switches = args.switches();
    const live: Live = {
      args,
      register: new Register(),
      doubts: new Doubts(),
      elsewhere: new Elsewhere(),
      leaving: new Leaving(),
      links: new Map(),
      dns: new Map(),
      logins: new Logins(),
      watched: new Map(),
      switches: new Map(switches.map((one) => [one.name, one])),
      calls: new Map(),
      surroundings: new Map(),
      waiting: new Map(),
    };
    for (const name of args.ports.facts.calls(args.settings().name)) {
      beginCall(live, name, context);
      for (const fact of args.ports.facts.of(name))
        if (fact.type === 'party') live.doubts.told(name.switch, fact.event.dn, name.callUuid, fact.event.connId);
        else if (fact.type === 'session') live.register.took(name.callUuid, fact.news.take);
    }
    for (const { name } of switches) live.doubts.lost(name);
    watch(live, switches, context);
    return live;
  },

  receive(live, message, context) {
    switch (message.type) {
      case 'tlib':
        tlib(live, message.switch, message.event, context);
        return live;
      case 'dn-state': {
        const { state, switch: name } = message;
        const known = live.dns.get(keyOf(name, state.dn));
        if (!known || state.phase === 'unknown') return live;
        context.send(known, { type: 'described', agent: state.agent });
        for (const party of state.parties) {
          const event = partySeen(state.dn, party, context.clock.nowMs(), keptAttributes(live));
          const of = callOf(party.call);
          if (event && of && !live.leaving.ignores(name, state.dn, of.callUuid))
            context.send(known, { type: 'seen', party: { event, call: joined(live, name, of, event, context) } });
        }
        for (const callUuid of live.doubts.settle(name, state.dn)) absent(live, callUuid, state.dn, context);
        return live;
      }
      case 'link':
        context.log.info(
          { tenant: live.args.settings().name, switch: message.switch, phase: message.state.phase },
          'link',
        );
        if (message.state.phase === 'down' || message.state.switchLink === 'disconnected')
          live.doubts.lost(message.switch);
        return live;
      case 'directory':
        watch(live, message.switches, context);
        return live;
      case 'news':
        news(live, message.news, message.home, context, message.isElsewhere);
        return live;
      case 'session-due': {
        const waited = live.waiting.get(message.take);
        live.waiting.delete(message.take);
        if (waited) orphan(live, waited.news, context);
        return live;
      }
      case 'takes-lost':
        live.elsewhere.lost(message.takes);
        for (const [callUuid, takes] of live.register.holding(message.takes)) {
          const address = live.calls.get(callUuid);
          if (address) context.send(address, { type: 'takes-lost', takes });
        }
        return live;
      case 'call-doubts': {
        const { switch: name, dn: number, callUuid } = message;
        live.doubts.doubt(name, number, callUuid);
        const known = live.links.get(name);
        if (known) context.send(known, { type: 'query', dn: number });
        return live;
      }
      case 'call-records':
        live.register.records(message);
        passOnWaiting(live, context);
        return live;
      case 'call-gone':
        live.register.end(message.callUuid);
        live.doubts.end(message.callUuid);
        live.calls.delete(message.callUuid);
        for (const place of live.leaving.over(message.callUuid)) leave(live, place.switch, [place.dn], context);
        return live;
      case 'command': {
        const { command, recording, by, reply } = message;
        const named = live.register.couple(recording);
        const address = named && live.calls.get(named.callUuid);
        if (address) context.send(address, { type: 'command', command, sid: named.sid, by });
        reply.answer(address ? [named.sid] : []);
        return live;
      }
      case 'report':
        message.reply.answer({ calls: live.calls.size, dns: live.dns.size, waiting: live.waiting.size });
        return live;
    }
  },

  describe: ({ args, calls, dns, links, waiting }) => ({
    phase: 'watching',
    summary: {
      tenant: args.settings().name,
      switches: links.size,
      dns: dns.size,
      calls: calls.size,
      waiting: waiting.size,
    },
  }),
});

/** Watches what is named, and nothing else. */
function watch(live: Live, switches: readonly WatchedSwitch[], context: Context<Message>): void {
  const names = new Set(switches.map(({ name }) => name));
  for (const [name, address] of live.links) {
    if (names.has(name)) continue;
    context.stop(address);
    live.links.delete(name);
    for (const number of live.watched.get(name) ?? []) unwatch(live, name, number, context);
    live.watched.delete(name);
    live.switches.delete(name);
  }
  for (const one of switches) {
    const { name, dns, servers } = one;
    const [before, wanted] = [live.watched.get(name) ?? new Set<string>(), new Set(dns)];
    const unwanted = [...before].filter((number) => !wanted.has(number));
    const gone = live.leaving.free(name, unwanted, (number) => live.register.callsOf(number));
    // One that was about to be left is registered still: asked for again, its link says so.
    const added = [...wanted].filter((number) => live.leaving.stays(name, number) || !before.has(number));
    const agent = (agentId: string) => agentAt(live, name, agentId);
    for (const number of added.filter((one) => !live.dns.has(keyOf(name, one)))) {
      live.dns.set(keyOf(name, number), context.spawn(dn, actorName('dn', keyOf(name, number)), { dn: number, agent }));
    }
    live.watched.set(name, new Set([...wanted, ...unwanted]));
    leave(live, name, gone, context);
    let known = live.links.get(name);
    if (known && live.switches.get(name)?.servers !== servers) {
      context.stop(known);
      known = undefined;
    }
    live.switches.set(name, one);
    if (!known) connect(live, name, [...live.watched.get(name)!], context);
    else if (added.length > 0) context.send(known, { type: 'watch', dns: added });
  }
}

function leave(live: Live, name: string, dns: readonly string[], context: Context<Message>): void {
  for (const number of dns) {
    unwatch(live, name, number, context);
    live.watched.get(name)?.delete(number);
  }
  const known = live.links.get(name);
  if (known && dns.length > 0) context.send(known, { type: 'unwatch', dns });
}

function agentAt({ args: { settings, ports } }: Live, switchName: string, agentId: string) {
  const { name, metadata } = settings();
  return ports.agents?.find(name, switchName, agentId, metadata.agentName);
}

function connect(live: Live, name: string, dns: readonly string[], context: Context<Message>): void {
  const { ports, settings } = live.args;
  const args = {
    switch: name,
    dns,
    connect: (listener: Parameters<TenantPorts['telephony']['connect']>[2]) =>
      ports.telephony.connect(settings().name, name, listener),
    parent: context.self,
  };
  live.links.set(name, context.spawn(link, actorName('link', name), args));
}

function unwatch(live: Live, name: string, number: string, context: Context<Message>): void {
  const key = keyOf(name, number);
  const address = live.dns.get(key);
  if (address) context.stop(address);
  live.dns.delete(key);
}

/** An event goes through its DN, which knows the agent and the rules, to its call. */
function tlib(live: Live, switchName: string, event: TLibEvent, context: Context<Message>): void {
  const number = event.attributes.ThisDN;
  const known = number === undefined ? undefined : live.dns.get(keyOf(switchName, number));
  if (!known) return;
  for (const left of live.logins.told(switchName, event)) {
    const address = live.dns.get(keyOf(switchName, left));
    if (address) context.send(address, { type: 'agent-elsewhere', agentId: event.attributes.AgentID! });
  }
  const told = toldOfCouple(event);
  const named = told && live.register.couple(told.sid);
  const hearing = named && live.calls.get(named.callUuid);
  if (told && named && hearing) context.send(hearing, { ...told, sid: named.sid });
  const party = partyEventOf(event, context.clock.nowMs(), keptAttributes(live));
  const of = callOf(event.attributes);
  if (!party || !of) context.send(known, { type: 'event', event });
  else {
    if (!live.leaving.ignores(switchName, party.dn, of.callUuid)) {
      const address = joined(live, switchName, of, party, context);
      context.send(known, { type: 'event', event, party: { event: party, call: address } });
    }
    if (party.what === 'party-changed' && party.previousConnId !== undefined)
      for (const callUuid of live.doubts.from(switchName, party.dn, party.previousConnId, of.callUuid))
        absent(live, callUuid, party.dn, context);
  }
}

function keptAttributes({ args }: Live): readonly string[] {
  const { attributes } = args.settings().metadata;
  return attributes.length === 0 ? callAttributes : [...callAttributes, ...attributes];
}

function absent(live: Live, callUuid: string, number: string, context: Context<Message>): void {
  const address = live.calls.get(callUuid);
  if (address) context.send(address, { type: 'absent', dn: number });
}

/** The call of an event, begun if this is the first; what waited for it is passed on. */
function joined(
  live: Live,
  switchName: string,
  { callUuid }: { readonly callUuid: string },
  { dn: number, connId }: PartyEvent,
  context: Context<Message>,
): Address<CallMessage> {
  const name = () => ({ tenant: live.args.settings().name, switch: switchName, callUuid });
  const address = live.calls.get(callUuid) ?? beginCall(live, name(), context);
  for (const told of live.elsewhere.joined(callUuid)) news(live, told, 'no', context, isAway(live.watched, told));
  const isNew = live.register.joined(callUuid, number);
  live.doubts.told(switchName, number, callUuid, connId);
  if (isNew) passOnWaiting(live, context);
  return address;
}

/** Something leads to a call that did not before: news may have waited for it. */
function passOnWaiting(live: Live, context: Context<Message>): void {
  for (const [take, { news: waited, home }] of live.waiting) {
    if (live.register.callOf(waited, home) === undefined) continue;
    live.waiting.delete(take);
    news(live, waited, home, context);
  }
}

function beginCall(live: Live, name: CallName, context: Context<Message>): Address<CallMessage> {
  const { callUuid } = name;
  live.register.begin(callUuid);
  const args = { name, ...surroundings(live, name.switch, context), parent: context.self };
  const whenStopped = () => ({ type: 'call-gone', callUuid }) as const;
  const address = context.spawn(call, actorName('call', callUuid), args, { whenStopped });
  live.calls.set(callUuid, address);
  return address;
}

/** What a call that begins now at this switch is given: the same as the one before, unless something was set anew. */
function surroundings(live: Live, switchName: string, context: Context<Message>): Surroundings {
  const { ports } = live.args;
  const settings = live.args.settings();
  const ofSwitch = live.switches.get(switchName)?.configured;
  const known = live.surroundings.get(switchName);
  if (known && known.from.settings === settings && known.from.ofSwitch === ofSwitch) return known.given;
  const { facts, recorders, couples } = ports;
  const telephony = callTelephony(
    (ask) => request(live, switchName, ask, context),
    () => facts.secure(),
  );
  const given: Surroundings = {
    settings: {
      ...settings,
      configured: { ...settings.configured, ...ofSwitch },
      duty: (dn: string) => ports.dutyOf(settings.name, dn),
    },
    ports: { facts, recorders, couples, telephony },
  };
  live.surroundings.set(switchName, { from: { settings, ofSwitch }, given });
  return given;
}

/** Asks the server of a switch; rejects with its error. */
async function request(
  live: Live,
  switchName: string,
  ask: (port: TLibPort) => Promise<TLibEvent>,
  context: Context<Message>,
): Promise<void> {
  const address = live.links.get(switchName);
  if (!address) throw new Error(`no link to a switch '${switchName}'`);
  const answer = await context.ask<LinkMessage, LinkAnswer>(
    address,
    (reply) => ({ type: 'ask', ask, reply }),
    requestMsMax,
  );
  if ('error' in answer) throw answer.error;
}

/** To the call it belongs to, or kept until that shows. */
function news(live: Live, told: SessionNews, home: Home, context: Context<Message>, isElsewhere = false): void {
  const callUuid = live.register.callOf(told, home);
  const address = callUuid === undefined ? undefined : live.calls.get(callUuid);
  if (callUuid !== undefined && address) {
    live.register.took(callUuid, told.take);
    context.send(address, { type: 'session', news: told, watched: watchedOf(live.watched, told), isElsewhere });
    return;
  }
  if (isElsewhere) live.elsewhere.told(told);
  if (home === 'no' || home === 'again') return;
  if (!live.waiting.has(told.take))
    context.after(live.args.settings().graceMs, { type: 'session-due', take: told.take });
  live.waiting.set(told.take, { news: told, home });
}

/** No event has told of its call: the recording is one all the same, by what it says of itself. */
function orphan(live: Live, told: SessionNews, context: Context<Message>): void {
  const settings = live.args.settings();
  const on = switchOf(live.watched, told);
  if (settings.orphans === 'own' && on === '') return;
  const why = on === '' ? settings.ranges.whyNone(dnsOf(told)) : undefined;
  if (why !== undefined) {
    context.log.info({ tenant: settings.name, recording: told.recordingId, take: told.take, why }, 'is not watched');
    return;
  }
  const callUuid = told.callUuid ?? `recording-${told.recordingId}`;
  if (!live.calls.has(callUuid)) beginCall(live, { tenant: settings.name, switch: on, callUuid }, context);
  live.register.took(callUuid, told.take);
  context.send(live.calls.get(callUuid)!, { type: 'session', news: told, watched: watchedOf(live.watched, told) });
}
