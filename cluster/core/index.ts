export { CallLedger, type LedgerEntry, readCallLedger } from './call-ledger.io.ts';
export { type CoreReport, type CoupleCommand, coreControl } from './control.io.ts';
export { type Core, type CoreOptions, startCore } from './core.io.ts';
export { shareSettingsOf } from './holdings.ts';
export { loadRules, readRules } from './rules.io.ts';
export { type ChangedCall, type Kept, type Trial, tryRules } from './rules-trial.ts';
export type { SettingsStanding } from './settings.ts';
export type { TenantStanding, TenantsReport } from './tenants-report.ts';
