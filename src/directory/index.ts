export { type Agent, AgentIndex } from './agents.ts';
export { loadDirectory, saveDirectory } from './cache.io.ts';
export { DirectoryClient, type DirectoryClientOptions, type DirectoryListener } from './client.io.ts';
export { Directory } from './directory.ts';
export { directoryJsonSchema } from './directory-json.schema.ts';
export {
  type Discovery,
  type DiscoveryRules,
  discover,
  endpointOf,
  explainDn,
  type MonitoredSwitch,
  type NotMonitored,
  notMonitoredTexts,
  optionOf,
} from './discovery.ts';
export { applicationTypes, dnTypes, objectStates, switchTypes } from './numbers.protocol.ts';
export {
  type CfgAgentLogin,
  type CfgApplication,
  type CfgDN,
  type CfgObject,
  type CfgPerson,
  type CfgPlace,
  type CfgSkill,
  type CfgSwitch,
  type CfgTenant,
  type ObjectInput,
  type ObjectName,
  type ObjectOf,
  objectNames,
  parseObject,
} from './objects.schema.ts';
export { DirectoryServer, type DirectoryServerOptions } from './server.io.ts';
export { type DirectoryUser, parseSite, type Site } from './site.schema.ts';
