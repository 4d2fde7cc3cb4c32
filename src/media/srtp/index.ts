export type { SrtpRefusal } from './crypto-context.ts';
export { type SrtpFacts, SrtpReceiver } from './receiver.ts';
export { isSrtpSuite, keyAndSaltBytes, type SrtpKey, type SrtpSuiteName, srtpSuites } from './suite.ts';
