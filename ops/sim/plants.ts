// Faults that can be built into a run by name, to show that the invariants find them. Each is looked for at one place of the simulated
// world, where a port or a message passes.

import type { FaultName } from './faults.ts';

export const plants = {
  'pause-behind-the-journal': 'capture confirms a pause, and closes the gate half a second later',
  'note-of-pause-lost': 'a capture that was restarted takes paused streams for running ones',
  'gates-told-as-running': 'a recorder that connects to capture names no stream as paused',
  'acknowledged-before-sync': 'a journal says that power loss can take nothing, before it has synced',
  'facts-not-secured': 'a journal that is told to write waits for its next block',
  'epoch-ignored': 'capture obeys a recorder after a newer one has come',
  'sockets-die-with-capture': 'sockets are gone when capture is restarted',
  'stream-stays-open': 'capture confirms that a stream is closed, and keeps it',
  'edge-forgets-dialogs': 'an edge that was killed knows no dialogs any more',
  'bye-lost': 'a recorder does not hear every third BYE',
  'invite-unheard': 'a recorder does not hear every third INVITE, nor its copies',
  'finished-without-its-end': 'a finished recording lacks the last stretch of its streams',
  'couple-named-by-the-clock': 'a restarted core gives couples other names',
  'asked-under-another-id': 'a restarted core asks for recordings under other ids',
  'news-to-every-tenant': 'what a recorder tells goes to every tenant as its own',
  'news-lost': 'every third news of a session is lost on the way to the core',
  'sessions-not-told-again': 'a link that was made anew does not tell what the recorder holds',
  'release-never-told': 'every second release is told to nobody, and the server goes on showing the party',
  'server-forgets-calls': 'a telephony server that is asked names no calls',
  'byes-in-thousands': 'every tenth BYE comes as often as it takes to fill a mailbox',
  'forgotten-at-its-end': 'a recorder forgets a take when its last dialog ends, before it is finished',
  'gate-opens-by-itself': 'a gate that was closed opens by itself after two seconds',
  'stale-lease-acts': 'a core goes on as the one who acts when its lease has run out',
  'lease-by-wall-clock': 'a core counts the life of its lease by the time of the day',
  'lease-of-two': 'Redis gives a lease that another core holds',
  'epoch-not-raised': 'Redis gives the next holder of a lease the number of the one before',
  'mandate-ignored': 'a recorder obeys whoever orders, under whatever epoch',
  'twin-never-acts': 'a core that stands by never looks whether its twin has acted',
  'twin-asks-under-another-id': 'one of two cores asks for recordings under other ids',
  'notification-doubled': 'cores tell others of a recording whether they act or not',
  'news-to-one-core': 'a recorder tells the first of its cores of its sessions, and no other',
  'duplicate-forgotten': 'the media server has nobody record the second copy',
  'pause-not-kept': 'a recorder keeps no pause for recordings that come to it later',
  'flush-not-retold': 'a Redis that forgets everything says that it has what it was told',
  'loss-not-noticed': 'nobody tells calls that their recorder is gone',
} as const satisfies Readonly<Record<string, string>>;

export type Plant = keyof typeof plants;

/** Where a fault shows only beside certain others, these are played and nothing else. */
export const besides: Readonly<Partial<Record<Plant, readonly FaultName[]>>> = {
  'note-of-pause-lost': ['capture-kill'],
  'acknowledged-before-sync': ['node-power-loss'],
  'loss-not-noticed': ['node-kill'],
  'sessions-not-told-again': ['recorder-kill', 'node-kill'],
  'twin-never-acts': ['core-kill', 'pause-core'],
  'epoch-ignored': ['recorder-replaced'],
  'facts-not-secured': ['recorder-kill'],
  'pause-not-kept': ['node-kill'],
  'flush-not-retold': ['redis-flush'],
  'lease-by-wall-clock': ['pause-core'],
  'mandate-ignored': ['partition-core-redis'],
};

/** The names, in the order of the table. */
export const plantNames = Object.keys(plants) as readonly Plant[];
