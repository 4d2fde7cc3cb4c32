export { type ArrivalOptions, type Arrived, arrive, type RecordingSource } from './arrival.io.ts';
export { Fetcher, type FetcherOptions } from './fetcher.io.ts';
export { NodeLink, type NodeLinkOptions, type NodePlace } from './node-link.io.ts';
export { OfferServer, type OfferServerOptions } from './offer-server.io.ts';
export { OfferingThread } from './offering-thread.io.ts';
export type { FromOffering, OfferingThreadOptions, ToOffering } from './offering-thread.protocol.ts';
export { Offers, type OffersOptions } from './offers.io.ts';
export type { Place } from './transfer.schema.ts';
