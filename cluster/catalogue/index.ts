export { Catalogue, type Found, type Page, type Remark } from './catalogue.io.ts';
export type { Database, Engine, EngineThreadOptions, Queries } from './database.protocol.ts';
export { openEmbedded } from './embedded.io.ts';
export { serveEngine } from './engine-thread.io.ts';
export type { Entry, Note } from './entry.io.ts';
export { type Filter, filterSchema } from './filter.schema.ts';
export { type CataloguePlace, cataloguePlaceOf, type OpenCatalogue, openCatalogue } from './open.io.ts';
export { ownerOf } from './owner.io.ts';
export { openPostgres } from './postgres.io.ts';
export { jsonText, rowOf } from './row.ts';
export type { Scope } from './search.ts';
export { rowsOf } from './session.ts';
export {
  aliases,
  audit,
  conversations,
  grants,
  notes,
  savedSearches,
  sessions,
  shareLinks,
  tags,
  tombstones,
  users,
} from './tables.ts';
