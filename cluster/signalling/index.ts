export { Signalling, type SignallingListener, type SignallingOptions } from './signalling.io.ts';
