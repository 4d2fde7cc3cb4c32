export { type Config, codecNames, configSchema } from './config.schema.ts';
export { type Layout, layoutOf } from './layout.ts';
export { loadConfig } from './load.io.ts';
export { defaultsAsYaml, listOptions, type Option } from './options.ts';
export { parseConfig } from './parse.ts';
export { type Refusal, readYaml, refusalOf } from './refusal.ts';
export { sipListenersOf } from './sip-listeners.ts';
