export { coupleText } from './couples-command.ts';
export { explainText } from './explain-command.ts';
export { recordingText } from './recordings-command.ts';
export { trialText } from './rules-command.ts';
export { nodesOf, shardsOf } from './shards-command.ts';
export { whyText } from './why-command.ts';
