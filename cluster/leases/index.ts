export { Leases, type LeasesOptions, type Wish } from './leases.io.ts';
