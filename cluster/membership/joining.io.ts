// How a node comes into a cluster. The inviting node waits, for one node and not for ever. Who comes checks that it speaks with the node
// that the invitation names before it says anything, and gets a certificate for the key it has made. The key of the journals comes with
// it: a store can play what any node of the cluster has recorded.

import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, createServer, type TLSSocket } from 'node:tls';
import { type Identity, identityOf } from '#cluster/links';
import type { Layout } from '#src/config';
import { TwinreelError } from '#src/errors';
import { encodeFrame, FrameReader } from '#src/frames';
import { ensureKeyPair } from '#src/journal';
import type { Clock, Random } from '#src/ports';
import { authorityCertificate, certify, foundAuthority, keepIdentity, newKey } from './authority.io.ts';
import { askedSchema, givenSchema, type Invitation } from './membership.schema.ts';

const frameBytesMax = 64 * 1_024;
const answerMsMax = 10_000;

/** `again`: with another certificate in place of the one it has, whose time is soon over. */
export type Occasion = 'first' | 'again';

/** Founds a cluster: this node is its first. Throws `cluster-founded`, `node-certified`, `openssl-failed`. */
export async function found(node: string, layout: Layout, occasion: Occasion = 'first'): Promise<void> {
  if (occasion === 'first') {
    mustBeNobody(layout);
    await foundAuthority(layout.authorityDir);
  }
  const { key, publicKey } = newKey();
  const certificate = await certify(layout.authorityDir, node, publicKey);
  await keepIdentity(layout.identityDir, {
    key,
    certificate,
    authorities: await authorityCertificate(layout.authorityDir),
  });
}

export interface InviteOptions {
  readonly layout: Layout;
  /** Who is invited. */
  readonly node: string;
  /** Where it can reach this machine; port 0 takes any free one. */
  readonly host: string;
  readonly port: number;
  readonly forMs: number;
  readonly clock: Clock;
  readonly random: Random;
  /** The invitation is good from now on. */
  readonly onWaiting: (invitation: Invitation) => void;
}

/** Waits for the node; resolves when it has its certificate. Throws `invitation-expired`, `cluster-not-founded`. */
export async function invite(options: InviteOptions): Promise<void> {
  const { layout, node, host, port, forMs, clock, random, onWaiting } = options;
  const identity = identityOf({}, layout.identityDir);
  if (!identity)
    throw new TwinreelError('cluster-not-founded', 'this node is in no cluster; begin with: twinreel node found');
  const secret = random.bytes(32).toString('hex');
  const authorities = await authorityCertificate(layout.authorityDir);
  const journalKey = await readFile((await ensureKeyPair(layout.keysDir)).privateKeyFile, 'utf8');
  let settled = false;
  const server = createServer({ cert: identity.certificate, key: identity.key, minVersion: 'TLSv1.3' });
  const sockets = new Set<TLSSocket>();
  try {
    await new Promise<void>((resolve, reject) => {
      const patience = clock.after(forMs, () => {
        reject(new TwinreelError('invitation-expired', `${node} has not come within ${forMs / 60_000} minutes`));
      });
      const attend = async (socket: TLSSocket) => {
        sockets.add(socket);
        socket.on('close', () => sockets.delete(socket));
        try {
          const asked = askedSchema.parse(await frameFrom(socket));
          if (settled || !isSame(asked.secret, secret)) return;
          const certificate = await certify(layout.authorityDir, node, asked.publicKey);
          settled = true;
          patience.cancel();
          socket.end(encodeFrame({ certificate, authorities, journalKey }));
          await once(socket, 'close');
          resolve();
        } catch {
          // A stranger, or one who went: whoever has the invitation may still come.
        } finally {
          socket.destroy();
        }
      };
      server.on('secureConnection', (socket) => void attend(socket));
      server.on('tlsClientError', (_error, socket) => socket.destroy());
      server.on('error', reject);
      server.listen(port, host, () => {
        const fingerprint = fingerprintOf(identity.certificate);
        onWaiting({ host, port: (server.address() as AddressInfo).port, node, fingerprint, secret });
      });
    });
  } finally {
    server.close();
    for (const socket of sockets) socket.destroy();
  }
}

/**
 * Joins: makes a key and has it certified. Throws `node-certified` when this node is in a cluster, `node-has-recorded` when it has a key of
 * its own for what it recorded, `invitation-invalid` when it is another's, `join-refused`.
 */
export async function joinCluster(
  invitation: Invitation,
  node: string,
  layout: Layout,
  occasion: Occasion = 'first',
): Promise<void> {
  if (occasion === 'first') mustBeNobody(layout);
  if (invitation.node !== node)
    throw new TwinreelError('invitation-invalid', `the invitation is for ${invitation.node}, this node is ${node}`);
  const { key, publicKey } = newKey();
  const { certificate, authorities, journalKey } = await certified(invitation, publicKey);
  const journalKeyFile = join(layout.keysDir, 'journal-private.pem');
  const ownKey = await readFile(journalKeyFile, 'utf8').catch(() => undefined);
  if (ownKey !== undefined && ownKey !== journalKey)
    throw new TwinreelError(
      'node-has-recorded',
      `${layout.keysDir} holds a key of its own, and recordings may need it`,
      {
        folder: layout.keysDir,
      },
    );
  await keepIdentity(layout.identityDir, { key, authorities, certificate });
  if (ownKey === undefined) await writeFile(journalKeyFile, journalKey, { mode: 0o600, flush: true, flag: 'wx' });
  await ensureKeyPair(layout.keysDir);
}

async function certified({ host, port, fingerprint, secret }: Invitation, publicKey: string) {
  const place = `${host}:${port}`;
  const refused = (why: string) => new TwinreelError('join-refused', `${place}: ${why}`, { place });
  // Whom it speaks with is told by the fingerprint: there are no authorities here yet.
  const socket = connectTls({ host, port, minVersion: 'TLSv1.3', rejectUnauthorized: false, timeout: answerMsMax });
  try {
    socket.on('timeout', () => socket.destroy(new Error(`no answer within ${answerMsMax} ms`)));
    await once(socket, 'secureConnect');
    if (socket.getPeerCertificate().fingerprint256 !== fingerprint)
      throw new Error('another machine answers there than the one that has invited');
    socket.write(encodeFrame({ secret, publicKey }));
    return givenSchema.parse(await frameFrom(socket));
  } catch (error) {
    throw refused(error instanceof Error ? error.message : String(error));
  } finally {
    socket.destroy();
  }
}

function frameFrom(socket: TLSSocket): Promise<unknown> {
  const frames = new FrameReader(frameBytesMax);
  return new Promise((resolve, reject) => {
    socket.on('data', (bytes: Buffer) => {
      try {
        for (const value of frames.push(bytes)) resolve(value);
      } catch (error) {
        reject(error);
      }
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the invitation is used, expired, or not known there')));
  });
}

function mustBeNobody(layout: Layout): void {
  if (identityOf({}, layout.identityDir))
    throw new TwinreelError('node-certified', `${layout.identityDir} holds the certificate of a cluster already`, {
      folder: layout.identityDir,
    });
}

function fingerprintOf(certificate: Identity['certificate']): string {
  return new X509Certificate(certificate).fingerprint256;
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
