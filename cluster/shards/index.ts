export { Share, type ShareOptions } from './share.io.ts';
