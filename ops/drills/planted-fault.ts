// Faults that a drill has to find, switched on by --plant. This file is loaded into the processes of a drilled node before
// anything else (node --import) and spoils one thing there; no process looks for it by itself, and there is no other way to
// switch a fault on. Must never be imported by anything but drills.

import { type SessionArgs, type SessionState, session } from '#actors/session';
import { Heir, KeeperLink } from '#cluster/keeper';
import { Kept, Outbox } from '#cluster/outbox';
import { Orders } from '#cluster/recorder';
import { Share } from '#cluster/shards';
import { TLibLink } from '#src/cti';
import { SegmentReader } from '#src/journal';
import { CaptureClient, Quarantine, SourcePin } from '#src/media/capture';
import { systemClock } from '#src/ports';

/** Names the fault in the environment of a spoiled process. */
export const faultVariable = 'TWINREEL_DRILL_FAULT';

const lateMs = 1_500;

const faults: Readonly<Record<string, () => void>> = {
  /** An empty journal instead of what it wrote. */
  'recorder-forgets-its-journal'() {
    forgetJournals('recorder');
  },

  'edge-forgets-its-journal'() {
    forgetJournals('edge');
  },

  /** Neither the note beside the sockets nor the recorder's facts hold a pause over a restart. */
  'pauses-are-forgotten'() {
    const { receive } = KeeperLink.prototype;
    KeeperLink.prototype.receive = async function receiveRunning() {
      const handed = await receive.call(this);
      for (const lease of handed.leases) {
        Object.assign(lease, { note: lease.note.replace('"gate":"paused"', '"gate":"running"') });
      }
      return handed;
    };
    const { gates } = CaptureClient.prototype;
    CaptureClient.prototype.gates = function gatesOpen({ paused, running }) {
      return gates.call(this, { paused: [], running: [...running, ...paused] });
    };
  },

  /** A capture that comes back knows nothing of the sockets that its keeper held for it. */
  'capture-forgets-its-streams'() {
    const { receive } = KeeperLink.prototype;
    KeeperLink.prototype.receive = async function receiveNothing() {
      return { ...(await receive.call(this)), leases: [] };
    };
  },

  'capture-takes-everything'() {
    SourcePin.prototype.takes = () => true;
  },

  /** Whatever a stranger sends is kept. */
  'quarantine-without-bound'() {
    const { hold } = Quarantine.prototype;
    Quarantine.prototype.hold = function holdAll(...packet) {
      this.renew();
      return hold.apply(this, packet);
    };
  },

  /** How long something takes is measured by the wall clock. */
  'durations-by-wall-clock'() {
    systemClock.monotonicMs = () => systemClock.nowMs();
  },

  /** DNs are registered late, and told to others as registered at once. */
  'watched-before-it-is'() {
    const { watch } = TLibLink.prototype;
    TLibLink.prototype.watch = function watchLate(dns) {
      setTimeout(() => watch.call(this, dns), lateMs);
    };
    const { get } = Object.getOwnPropertyDescriptor(Share.prototype, 'told')!;
    Object.defineProperty(Share.prototype, 'told', {
      get(this: Share) {
        const { sites, shards }: Share['told'] = get!.call(this);
        return { sites, shards: shards.map((shard) => ({ ...shard, phase: 'registered' })) };
      },
    });
  },

  'recorder-obeys-everybody'() {
    Orders.prototype.admit = () => {};
  },

  'crashed-session-closes-its-streams'() {
    session.stopped = (live, _context, why) => {
      const { args, session: state } = live as { args: SessionArgs; session: SessionState | undefined };
      if (why !== 'asked') for (const stream of state?.streams.keys() ?? []) void args.ports.capture.close(stream);
    };
  },

  /** What is to be told while Redis is away is told to nobody. */
  'facts-do-not-wait'() {
    const { open } = Outbox;
    Outbox.open = async (options, journal) => {
      const outbox = await open.call(Outbox, options, journal);
      const { tell } = outbox;
      outbox.tell = (facts) => {
        if (options.redis.status === 'ready') tell.call(outbox, facts);
      };
      return outbox;
    };
  },

  /** What was told once counts as told, whatever Redis says. */
  'forgotten-facts-are-not-told-again'() {
    const { know } = Kept.prototype;
    Kept.prototype.know = function knowMore(offset) {
      know.call(this, Math.max(offset, this.told));
    };
  },

  'keeper-leaves-no-streams'() {
    const { take } = Heir.prototype;
    Heir.prototype.take = function takeLess(estate) {
      return take.call(this, { ...estate, leases: [] });
    };
  },
};

function forgetJournals(writer: string): void {
  const { open } = SegmentReader;
  SegmentReader.open = async (path, options) => {
    const reader = await open.call(SegmentReader, path, options);
    if (path.includes(`/journal/${writer}/`)) reader.next = async () => undefined;
    return reader;
  };
}

export function isPlantedFault(name: string): boolean {
  return Object.hasOwn(faults, name);
}

// pm2 gives its processes `pm_exec_path`, which pm2 itself does not have: only our processes are spoiled.
if (process.env['pm_exec_path'] !== undefined) faults[process.env[faultVariable] ?? '']?.();
