export { type Coverage, coverageOf, listedIds, namedIds } from './coverage.ts';
