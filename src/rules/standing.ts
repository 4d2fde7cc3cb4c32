// What is to become of the recording of one party, over the life of its call: rules speak again whenever more is known of the call,
// others have recordings started, somebody asks to keep one, the party goes. Pure. Who records and who destroys is elsewhere.
//
//                  record             pre-record            do-not-record        begun by others
//     open         ▶ recording        ▶ pre-recording       ▶ forbidden          recording
//     forbidden    ▶ recording        ▶ pre-recording       –                    ✗ discarded
//     pre-recording  recording        –                     ✗ discarded          recording
//     recording    –                  –                     ✗ discarded          –
//     discarded    –                  –                     –                    ✗ discarded
//
//     ▶ it is to be started     ✗ it is to be stopped, and what there is of it destroyed     – as it was
//
// Pre-recording becomes recording when it is asked for, and is discarded when that was not done in time. That no rule is about a
// call any more changes nothing: what is being recorded is recorded on. That no rule forbids it any more opens what was forbidden.

import type { RuleDecision } from './rule-book.ts';

/** `open`: nothing is recorded, nothing is against it; `discarded` is for good. */
export type Standing = 'open' | 'forbidden' | 'recording' | 'pre-recording' | 'discarded';

export type StandingEvent =
  | { readonly type: 'judged'; readonly policy: RuleDecision['policy'] }
  /** A recording runs that somebody else had started: the DN's option, a routing strategy, a third party. */
  | { readonly type: 'begun-by-others' }
  /** Somebody wants what was pre-recorded. */
  | { readonly type: 'keep-asked' }
  /** The time in which it could be asked for is over. */
  | { readonly type: 'keep-due' };

export interface NextStanding {
  readonly standing: Standing;
  readonly action: 'none' | 'start' | 'discard';
}

export function nextStanding(standing: Standing, event: StandingEvent): NextStanding {
  switch (event.type) {
    case 'judged':
      return judged(standing, event.policy);
    case 'begun-by-others':
      if (standing === 'forbidden' || standing === 'discarded') return { standing: 'discarded', action: 'discard' };
      return { standing: 'recording', action: 'none' };
    case 'keep-asked':
      return { standing: standing === 'pre-recording' ? 'recording' : standing, action: 'none' };
    case 'keep-due':
      if (standing === 'pre-recording') return { standing: 'discarded', action: 'discard' };
      return { standing, action: 'none' };
  }
}

function judged(standing: Standing, policy: RuleDecision['policy']): NextStanding {
  const isIdle = standing === 'open' || standing === 'forbidden';
  const same = { standing, action: 'none' } as const;
  switch (policy) {
    case 'record':
      if (isIdle) return { standing: 'recording', action: 'start' };
      return standing === 'pre-recording' ? { standing: 'recording', action: 'none' } : same;
    case 'pre-record':
      return isIdle ? { standing: 'pre-recording', action: 'start' } : same;
    case 'do-not-record':
      if (isIdle) return { standing: 'forbidden', action: 'none' };
      return standing === 'discarded' ? same : { standing: 'discarded', action: 'discard' };
    case 'nothing':
      return standing === 'forbidden' ? { standing: 'open', action: 'none' } : same;
  }
}
