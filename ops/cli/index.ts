export { coupleText } from './couples-command.ts';
export { recordingText } from './recordings-command.ts';
