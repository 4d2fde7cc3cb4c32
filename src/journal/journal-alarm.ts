// What a journal has to say of its disk, to an operator.

/** What went wrong with the disk while the journal goes on as well as it can. */
export interface JournalAlarm {
  readonly alarm:
    | 'sync-failed'
    | 'write-failed'
    | 'segment-refused'
    | 'allocation-refused'
    | 'records-dropped'
    | 'disk-full'
    | 'disk-full-over';
  readonly segment: string;
  readonly message: string;
}

export const spaceText = {
  scarce: 'no room for another segment: what runs goes on as long as it can, nothing new should be begun',
  ample: 'there is room again for segments, and for the reserve',
};
