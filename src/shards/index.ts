export { alwaysActs, compareEpochs, type Duty, type DutyOf, type Epoch, type Mandate } from './duty.ts';
