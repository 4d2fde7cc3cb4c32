export { type ResourceManagerReport, resourceManagerControl } from './control.io.ts';
export { groupOf } from './destination.ts';
export { Group, type GroupConfig, type GroupReport } from './group.ts';
export type { MemberPhase, MemberReport } from './member.ts';
export { type ResourceManager, type ResourceManagerOptions, startResourceManager } from './resource-manager.io.ts';
