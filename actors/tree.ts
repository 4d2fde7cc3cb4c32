// The supervision tree: every kind of actor, what its crash does and what brings its knowledge back. The one place where
// this is said: the kit obeys it, `npm run tree` and the README show it.

import { defineTree } from '#actors/kit';

export const tree = defineTree({
  sessions: {
    under: 'process',
    onCrash: 'restart',
    budget: { restarts: 3, withinMs: 60_000, backoffMs: 50, backoffMsMax: 1_000 },
    rebuiltFrom: "the recorder's journal: one session for each that has not ended there",
    mailbox: { max: 10_000, whenFull: 'refuse' },
  },
  session: {
    under: 'sessions',
    onCrash: 'restart',
    budget: { restarts: 5, withinMs: 60_000, backoffMs: 20, backoffMsMax: 1_000, whenSpent: 'stop' },
    rebuiltFrom: "the recorder's journal; its streams run on in capture meanwhile",
    mailbox: { max: 1_000, whenFull: 'refuse' },
  },
  tenant: {
    under: 'process',
    onCrash: 'restart',
    budget: { restarts: 5, withinMs: 60_000, backoffMs: 50, backoffMsMax: 1_000, whenSpent: 'stop' },
    rebuiltFrom: "the core's journal: one call for each that is not over there; DNs are registered anew",
    mailbox: { max: 200_000, whenFull: 'refuse' },
  },
  link: {
    under: 'tenant',
    onCrash: 'restart',
    budget: { restarts: 5, withinMs: 60_000, backoffMs: 100, backoffMsMax: 5_000 },
    rebuiltFrom: 'the telephony server, which is asked for every DN and its calls',
    mailbox: { max: 20_000, whenFull: 'refuse' },
  },
  dn: {
    under: 'tenant',
    onCrash: 'restart',
    budget: { restarts: 5, withinMs: 60_000, backoffMs: 20, backoffMsMax: 1_000, whenSpent: 'stop' },
    rebuiltFrom: 'the events that come next',
    mailbox: { max: 1_000, whenFull: 'refuse' },
  },
  call: {
    under: 'tenant',
    onCrash: 'restart',
    budget: { restarts: 5, withinMs: 60_000, backoffMs: 20, backoffMsMax: 1_000, whenSpent: 'stop' },
    rebuiltFrom: "the core's journal; its media is recorded on meanwhile",
    mailbox: { max: 1_000, whenFull: 'refuse' },
  },
});
