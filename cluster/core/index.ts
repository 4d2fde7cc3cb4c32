export { type CoreReport, type CoupleCommand, coreControl } from './control.io.ts';
export { type Core, type CoreOptions, startCore } from './core.io.ts';
export type { SettingsStanding } from './settings.ts';
export type { TenantStanding, TenantsReport } from './tenants-report.ts';
