export { type TenantArgs, tenant } from './tenant.actor.ts';
export type {
  TenantMessage,
  TenantPorts,
  TenantReport,
  TenantSettings,
  WatchedSwitch,
} from './tenant.protocol.ts';
