export { alwaysActs, compareEpochs, type Duty, type DutyOf, type Epoch, type Mandate, mandateOf } from './duty.ts';
export { type Candidate, holdersOf } from './placement.ts';
export { type CutRules, type FixedRange, type Shard, type Site, shardsOf, siteName } from './shard.ts';
