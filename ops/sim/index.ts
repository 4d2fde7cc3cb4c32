export { type FaultName, faultNames } from './faults.ts';
export { type Plant, plantNames, plants } from './plants.ts';
export { type RunOptions, type RunResult, run } from './run.io.ts';
