export { scenarioDns, scenarios } from './catalogue.ts';
export { Desktop } from './desktop.io.ts';
export { type HostileCall, type HostileCheck, judgeHostile } from './hostile-judgement.ts';
export { playHostile } from './hostile-play.io.ts';
export { type Check, type HeardVoices, judge } from './judgement.ts';
export { LabCluster } from './lab-cluster.io.ts';
export { play } from './play.io.ts';
export { type ExpectedCouple, type Scenario, type Step, voicesOf } from './scenario.ts';
export { voicesIn } from './voices.ts';
