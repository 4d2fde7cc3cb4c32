// The settings of `npm start`: the user's configuration, or, without one, the defaults with other ports where the usual ones are
// taken. Where neither names a telephony side, the lab may be one.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { labUser } from '#ops/lab';
import { type Config, type Layout, layoutOf, loadConfig, redisPlaceOf } from '#src/config';
import { TwinreelError } from '#src/errors';
import { freePort, isTcpPortFree, isUdpPortFree } from './free-port.io.ts';

export interface StartSettings {
  readonly config: Config;
  readonly layout: Layout;
  /** What the processes find in their environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Ports that are not the usual ones, to be said. */
  readonly remarks: readonly string[];
  /** The lab stands in for the telephony side; absent where the configuration names one. */
  readonly lab?: { readonly directoryPort: number };
}

/** A Unix socket's path may have 107 bytes, and ours have up to 15 of them below the data folder's run and pm2 folders. */
const folderBytesMax = 90;

/** Reads or makes the settings and the folders; `lab`: it stands in where no telephony side is configured. Throws `config-invalid`, `config-unreadable`, `path-too-long`. */
export async function prepareSettings(
  given = process.env['TWINREEL_CONFIG'],
  telephony: 'lab' | 'none' = 'none',
): Promise<StartSettings> {
  const usual = loadConfig(given);
  const layout = layoutOf(usual);
  const bytes = Buffer.byteLength(layout.runDir);
  if (bytes > folderBytesMax) {
    const text = `${layout.runDir} has ${bytes} bytes; at most ${folderBytesMax} leave room for socket names: set a shorter dataDir`;
    throw new TwinreelError('path-too-long', text, { path: layout.runDir });
  }
  for (const folder of [layout.runDir, layout.logDir, layout.redisDir])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  const redis = redisPlaceOf(usual.redis, process.env['REDIS_URL']) ? {} : await ownRedis(layout);
  const { changes, remarks } = given === undefined ? await otherPorts(usual) : { changes: {}, remarks: [] };
  if (telephony === 'none' || hasTelephony(usual))
    return { ...(await written(given, changes, layout, redis)), remarks };
  const directoryPort = await freePort();
  const withLab = { ...changes, ...labSettings(directoryPort), ...(await replaySettings(usual)) };
  return { ...(await written(given, withLab, layout, redis)), remarks, lab: { directoryPort } };
}

function hasTelephony({ directory, core }: Config): boolean {
  return directory.servers.length > 0 || core.tenants.length > 0;
}

/** The core looks for the lab, which comes after it, more often than for a real server. */
function labSettings(directoryPort: number) {
  const { name: user, password } = labUser;
  return {
    directory: { servers: [`127.0.0.1:${directoryPort}`], user, password },
    core: { linkPort: 0, reconnectMs: labReconnectMs },
  };
}

const labReconnectMs = 500;
const replayPort = 8080;

/** What the demonstration records is to be found and heard, at the usual port where that is free. */
async function replaySettings({ replay }: Config): Promise<Record<string, object>> {
  if (replay.port !== undefined) return {};
  return { replay: { port: (await isTcpPortFree(replay.address, replayPort)) ? replayPort : 0 } };
}

/** The configuration with changes, in a file of its own beside what runs. */
async function written(
  given: string | undefined,
  changes: Readonly<Record<string, object>>,
  layout: Layout,
  redis: Readonly<Record<string, string>>,
): Promise<Pick<StartSettings, 'config' | 'layout' | 'env'>> {
  if (given !== undefined && Object.keys(changes).length === 0) {
    return { config: loadConfig(given), layout, env: { ...redis, TWINREEL_CONFIG: given } };
  }
  const before = given === undefined ? {} : ((parse(await readFile(given, 'utf8')) ?? {}) as Record<string, object>);
  const merged = { ...before };
  for (const [section, settings] of Object.entries(changes)) merged[section] = { ...before[section], ...settings };
  const path = join(layout.runDir, 'twinreel.yaml');
  await writeFile(path, stringify({ ...merged, dataDir: join(layout.runDir, '..') }));
  return { config: loadConfig(path), layout, env: { ...redis, TWINREEL_CONFIG: path } };
}

/** Gives the embedded redis-server a free port, and writes down where it will be for whoever asks later. */
async function ownRedis({ redisUrlFile }: Layout): Promise<Record<string, string>> {
  const port = await freePort();
  await writeFile(redisUrlFile, `redis://127.0.0.1:${port}`);
  return { TWINREEL_REDIS_PORT: String(port) };
}

async function otherPorts({ sip, edge }: Config): Promise<{ changes: Record<string, object>; remarks: string[] }> {
  const taken = [
    {
      name: 'sip',
      port: sip.port,
      free: (await isUdpPortFree(sip.address, sip.port)) && (await isTcpPortFree(sip.address, sip.port)),
    },
    { name: 'edge', port: edge.port, free: await isTcpPortFree(edge.host, edge.port) },
  ].filter((one) => !one.free);
  return {
    changes: Object.fromEntries(taken.map(({ name }) => [name, { port: 0 }])),
    remarks: taken.map(({ name, port }) => `port ${port} is taken, ${name} uses a free one`),
  };
}
