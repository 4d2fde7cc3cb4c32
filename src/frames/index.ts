export { encodeFrame, FrameReader } from './frame.ts';
