export { recordingText } from './recordings-command.ts';
