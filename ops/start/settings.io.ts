// The settings of `npm start`: the user's configuration as it is, or, without one, the defaults with other ports where the
// usual ones are taken.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Config, type Layout, layoutOf, loadConfig } from '#src/config';
import { TwinreelError } from '#src/errors';
import { freePort, isTcpPortFree, isUdpPortFree } from './free-port.io.ts';

export interface StartSettings {
  readonly config: Config;
  readonly layout: Layout;
  /** What the processes find in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Ports that are not the usual ones, to be said. */
  readonly remarks: readonly string[];
}

/** A Unix socket's path may have 107 bytes, and ours have up to 15 of them below the data folder's run and pm2 folders. */
const folderBytesMax = 90;

/** Reads or makes the settings and the folders. Throws `config-invalid`, `config-unreadable`, `path-too-long`. */
export async function prepareSettings(given = process.env['TWINREEL_CONFIG']): Promise<StartSettings> {
  const usual = loadConfig(given);
  const layout = layoutOf(usual);
  const bytes = Buffer.byteLength(layout.runDir);
  if (bytes > folderBytesMax) {
    const text = `${layout.runDir} has ${bytes} bytes; at most ${folderBytesMax} leave room for socket names: set a shorter dataDir`;
    throw new TwinreelError('path-too-long', text, { path: layout.runDir });
  }
  for (const folder of [layout.runDir, layout.logDir, layout.redisDir])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  const redis = (usual.redis.url ?? process.env['REDIS_URL']) ? {} : await ownRedis(layout);
  if (given !== undefined) return { config: usual, layout, env: { ...redis, TWINREEL_CONFIG: given }, remarks: [] };
  const { lines, remarks } = await otherPorts(usual);
  if (lines.length === 0) return { config: usual, layout, env: redis, remarks };
  const path = join(layout.runDir, 'twinreel.yaml');
  await writeFile(path, `${lines.join('\n')}\n`);
  return { config: loadConfig(path), layout, env: { ...redis, TWINREEL_CONFIG: path }, remarks };
}

/** Gives the embedded redis-server a free port, and writes down where it will be for whoever asks later. */
async function ownRedis({ redisUrlFile }: Layout): Promise<Record<string, string>> {
  const port = await freePort();
  await writeFile(redisUrlFile, `redis://127.0.0.1:${port}`);
  return { TWINREEL_REDIS_PORT: String(port) };
}

async function otherPorts({ sip, edge }: Config): Promise<{ lines: string[]; remarks: string[] }> {
  const taken = [
    {
      name: 'sip',
      port: sip.port,
      free: (await isUdpPortFree(sip.address, sip.port)) && (await isTcpPortFree(sip.address, sip.port)),
    },
    { name: 'edge', port: edge.port, free: await isTcpPortFree(edge.host, edge.port) },
  ].filter((one) => !one.free);
  return {
    lines: taken.map(({ name }) => `${name}: { port: 0 }`),
    remarks: taken.map(({ name, port }) => `port ${port} is taken, ${name} uses a free one`),
  };
}
