export { encodeFrame, FrameReader, frameOf } from './frame.ts';
