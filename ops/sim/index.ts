export { type FaultName, faultNames } from './faults.ts';
export { acquireLease, type LeaseHash, type LeaseScript, releaseLease, renewLease } from './lease-scripts.ts';
export { type Plant, plantNames, plants } from './plants.ts';
export { type RunOptions, type RunResult, run } from './run.io.ts';
