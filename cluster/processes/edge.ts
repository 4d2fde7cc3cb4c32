// The edge process, a child of the keeper: SIP on the keeper's sockets, the drachtio application protocol beside it.
// Options: one JSON object in TWINREEL_OPTIONS (edge-options.schema.ts).

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import {
  type EdgeProcessOptions,
  edgeOptionsSchema,
  type HandedSipSocket,
  KeeperLink,
  readOptions,
  socketHandles,
} from '#cluster/keeper';
import { messageOf, TwinreelError } from '#src/errors';
import { ensureKeyPair, loadPrivateKey, loadPublicKey } from '#src/journal';
import { systemClock, systemRandom } from '#src/ports';
import { type ListenerOptions, loadDatagramCode, startEdge, type TlsCredentials } from '#src/sip/edge';

const countersMs = 2_000;

const options = readOptions(edgeOptionsSchema);
const log = pino({ name: 'edge', level: options.logLevel });
const keeper = new KeeperLink();
const { sip, memory } = await keeper.receive();
if (sip.length === 0) throw new Error('the keeper handed no SIP socket');
const tls = options.tls && readCredentials(options.tls);
/** Built by ops/build-native.sh, where it can be. */
const datagramCode = loadDatagramCode(fileURLToPath(new URL('../../native/datagrams.node', import.meta.url)));
if (typeof datagramCode === 'string')
  log.warn({ reason: datagramCode }, 'datagrams are read one by one, which costs more');
const edge = await startEdge({
  listeners: sip.map((one) => listenerOf(one)),
  // Applications look for us where our predecessor was.
  application: { ...options.application, port: options.application.port || Number(memory) },
  clock: systemClock,
  random: systemRandom,
  ...(typeof datagramCode === 'object' && { datagrams: { code: datagramCode, take: socketHandles.take } }),
  ...(options.journal && (await openedJournal(options.journal))),
  log: (line) => log.info(line),
  alarm,
});
keeper.onStop(() => edge.close());
await keeper.remember(String(edge.application.port));
await keeper.report({ application: edge.application });
tellCounters('');

/** Puts the counters on the node's card whenever they have changed, at most every few seconds. */
function tellCounters(told: string): void {
  systemClock.after(countersMs, () => {
    const signalling = edge.counters();
    const now = JSON.stringify(signalling);
    if (now !== told) void keeper.report({ application: edge.application, signalling });
    tellCounters(now);
  });
}

/** An edge that cannot use its keys still takes calls. */
async function openedJournal({ folder, keysDir }: NonNullable<EdgeProcessOptions['journal']>) {
  try {
    const { publicKeyFile, privateKeyFile } = await ensureKeyPair(keysDir);
    const [publicKey, privateKey] = await Promise.all([loadPublicKey(publicKeyFile), loadPrivateKey(privateKeyFile)]);
    return { journal: { folder, publicKey, privateKey } };
  } catch (error) {
    alarm(`calls would not survive a crash of this process: ${messageOf(error)}`);
    return {};
  }
}

function alarm(message: string): void {
  log.error({ alarm: 'calls-at-risk', error: message }, 'alarm');
}

function listenerOf(socket: HandedSipSocket): ListenerOptions {
  if (socket.transport === 'udp') return socket;
  const { transport, ...bound } = socket;
  if (transport === 'tcp') return { transport, ...bound };
  if (!tls)
    throw new TwinreelError('sip-tls-unusable', 'a tls listener needs sip.tlsCertificateFile and sip.tlsKeyFile');
  return { transport, tls, ...bound };
}

function readCredentials(files: NonNullable<EdgeProcessOptions['tls']>): TlsCredentials {
  const { certificateFile, keyFile, authoritiesFile, mutual } = files;
  const authorities = authoritiesFile === undefined ? {} : { authorities: readPem(authoritiesFile) };
  return { certificate: readPem(certificateFile), key: readPem(keyFile), ...authorities, mutual };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TwinreelError('sip-tls-unusable', `SIP over TLS: ${messageOf(error)}`, { path }, { cause: error });
  }
}
