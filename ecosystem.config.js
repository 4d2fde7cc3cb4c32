// The processes of one node, for pm2: those that `nodes` in the configuration names for it, or all. The same file runs the demonstration, tests, drills and production.
// Build first (npm run build). pm2 loads this file with require(), so nothing here may wait. Settings come from the configuration (TWINREEL_CONFIG); redis-server is ours only where no Redis is named.

import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keeperSwitches } from './dist/cluster/keeper/index.js';
import { keeperOptionsOf } from './dist/cluster/keeper/settings/index.js';
import { layoutOf, loadConfig, rolesOf } from './dist/src/config/index.js';

const root = fileURLToPath(new URL('.', import.meta.url));
const config = loadConfig();
const layout = layoutOf(config);
const roles = rolesOf(config);
const ownRedisPort = process.env.TWINREEL_REDIS_PORT;

/** What all processes have in common: restarted for ever and at once, told to stop with time to drain. */
const common = {
  cwd: root,
  autorestart: true,
  max_restarts: 1_000_000,
  restart_delay: 0,
  kill_timeout: 15_000,
  // What pm2 injects otherwise ends a process a moment after pm2 was killed: with it, the keeper and every call.
  pmx: false,
  merge_logs: true,
  time: false,
};

function twinreel(name, env = {}, switches = []) {
  return {
    ...common,
    name,
    script: join(root, 'dist', 'cluster', 'processes', `${name}.js`),
    wait_ready: true,
    listen_timeout: 20_000,
    // What runs for the first time, as all that a node does that takes over from another one, is compiled at once, not interpreted.
    node_args: ['--enable-source-maps', '--always-sparkplug', ...switches],
    out_file: join(layout.logDir, `${name}.log`),
    error_file: join(layout.logDir, `${name}.log`),
    env: {
      ...env,
      ...(process.env.TWINREEL_CONFIG && { TWINREEL_CONFIG: resolve(process.env.TWINREEL_CONFIG) }),
      ...(process.env.TWINREEL_NODE && { TWINREEL_NODE: process.env.TWINREEL_NODE }),
    },
  };
}

const redisUrl = config.redis.url ?? process.env.REDIS_URL ?? (ownRedisPort && `redis://127.0.0.1:${ownRedisPort}`);

// What Redis knows is told again by those who know it, so it keeps nothing: an append-only file that a power cut has torn would
// keep it from ever starting again.
const ownRedis = {
  ...common,
  name: 'redis',
  script: 'redis-server',
  interpreter: 'none',
  args: ['--port', ownRedisPort, '--bind', '127.0.0.1', '--dir', layout.redisDir, '--appendonly', 'no', '--save', '""'],
  out_file: join(layout.logDir, 'redis.log'),
  error_file: join(layout.logDir, 'redis.log'),
};

export const apps = [
  ...(ownRedisPort ? [ownRedis] : []),
  ...(roles.includes('recorder')
    ? [
        twinreel('keeper', { TWINREEL_OPTIONS: JSON.stringify(keeperOptionsOf(config, layout)) }, keeperSwitches),
        twinreel('recorder', redisUrl ? { REDIS_URL: redisUrl } : {}),
      ]
    : []),
  // A core has nothing to do without a tenant, or somebody who knows of some.
  ...(roles.includes('core') && (config.core.tenants.length > 0 || config.directory.servers.length > 0)
    ? [twinreel('core', redisUrl ? { REDIS_URL: redisUrl } : {})]
    : []),
  // Where media servers reach their recorders themselves, nobody has to choose one.
  ...(roles.includes('resource-manager') && config.resourceManager.groups.length > 0
    ? [twinreel('resource-manager', redisUrl ? { REDIS_URL: redisUrl } : {})]
    : []),
  // Where nobody may come to hear anything, nothing is fetched.
  ...(roles.includes('replay') && config.replay.port !== undefined
    ? [twinreel('replay', redisUrl ? { REDIS_URL: redisUrl } : {})]
    : []),
];
