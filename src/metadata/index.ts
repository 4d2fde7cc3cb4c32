export { type AgentMetadata, agentMetadata } from './agent-metadata.ts';
export { type AgentNameStyle, fullName } from './agent-name.ts';
export { type ExternalSources, externalData } from './external-data.ts';
export { callAttributes, prefixes } from './keys.ts';
export { type MetadataSettings, metadataSchema, metadataShape } from './metadata.schema.ts';
export { displayNames, keptUserData } from './user-data.ts';
