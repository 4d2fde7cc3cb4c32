export { dialled, type Identity, identityFiles, identityOf, serverWith } from './identity.io.ts';
export type { LinkCommand } from './link.schema.ts';
export { type LinkEvents, type LinkedRecorder, LinkServer, type LinkServerOptions } from './link-server.io.ts';
export { LinkSocket } from './link-socket.io.ts';
export { newsOf } from './news.ts';
export { type LifePlace, watchLife } from './node-life.io.ts';
export { isProof, proofOf } from './proof.ts';
export type { CorePlace, RecorderFigures } from './recorder-link.io.ts';
export { RecorderLinks, type RecorderLinksOptions } from './recorder-links.io.ts';
