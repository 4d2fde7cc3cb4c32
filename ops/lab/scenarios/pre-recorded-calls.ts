// Scenarios of pre-recorded calls: recorded in case that somebody asks for it, on time or not.

import type { Scenario } from './scenario.ts';
import { customer, inbound, preRecorded, recordedTalk, spoken, talk } from './site.ts';

const [no, yes, maybe] = ['RECORDING_NO', 'RECORDING_YES', 'RECORDING_PRERECORD'];

export const preRecordedCalls: readonly Scenario[] = [
  {
    name: 'pre-record-discarded',
    about: 'a pre-recorded call that nobody asks for: its media is destroyed after its time, its metadata kept',
    steps: [...recordedTalk(preRecorded), { do: 'hang-up', who: customer }, { do: 'discarded', dn: preRecorded }],
    couples: [{ ...inbound(preRecorded), standing: 'discarded', notified: [no, maybe] }],
  },
  {
    name: 'pre-record-kept',
    about: 'a pre-recorded call that somebody asks for after it has ended',
    steps: [...recordedTalk(preRecorded), { do: 'hang-up', who: customer }, { do: 'keep', dn: preRecorded }],
    couples: [{ ...inbound(preRecorded), notified: [no, maybe] }],
  },
  {
    name: 'pre-record-attached',
    about: 'a pre-recorded call that is kept because its agent attaches that it is to be',
    steps: [
      ...recordedTalk(preRecorded),
      { do: 'attach', by: preRecorded, data: { record: 'on' } },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    couples: [{ ...inbound(preRecorded), notified: [no, maybe, yes] }],
  },
  {
    name: 'pre-record-wanted',
    about:
      'somebody else has a call recorded before the core, whose link is away, can have it pre-recorded: kept, under their id',
    steps: [
      { do: 'cut-link' },
      ...talk(customer, preRecorded),
      { do: 'ask-recording', of: preRecorded, id: 'supervisor-3' },
      { do: 'link-back' },
      { do: 'recorded', dn: preRecorded },
      spoken,
      { do: 'hang-up', who: customer },
    ],
    couples: [{ ...inbound(preRecorded), by: 'other', recordingId: 'supervisor-3' }],
  },
  {
    name: 'pre-record-taken',
    about:
      'somebody else has a call recorded, under an id of their own, that the core pre-records: kept, and both recordings hold it',
    steps: [
      ...recordedTalk(preRecorded),
      { do: 'ask-recording', of: preRecorded, id: 'supervisor-4' },
      spoken,
      spoken,
      { do: 'hang-up', who: customer },
    ],
    couples: [{ ...inbound(preRecorded), besides: 'supervisor-4', notified: [no, maybe, yes] }],
  },
];
