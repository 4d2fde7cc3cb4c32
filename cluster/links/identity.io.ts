// Who a node is towards the others: a key, a certificate that names it, and the authorities whose certificates it takes. Where there
// is one, links between nodes are encrypted, and both ends show theirs.

import { existsSync, readFileSync } from 'node:fs';
import { connect as connectTcp, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer, TLSSocket } from 'node:tls';
import type { Config } from '#src/config';
import { messageOf, TwinreelError } from '#src/errors';

/** Each as PEM. */
export interface Identity {
  readonly certificate: string;
  readonly key: string;
  readonly authorities: string;
}

/** Names of the files in the folder of an identity. */
export const identityFiles = {
  certificate: 'certificate.pem',
  key: 'key.pem',
  authorities: 'authorities.pem',
} as const satisfies Record<keyof Identity, string>;

/**
 * The files that the settings name; otherwise those in `folder`, where joining a cluster puts them; otherwise undefined: links are
 * not encrypted then. Throws `config-invalid` when one of the files cannot be read.
 */
export function identityOf(
  {
    certificateFile,
    keyFile,
    authoritiesFile,
  }: Pick<Config['links'], 'certificateFile' | 'keyFile' | 'authoritiesFile'>,
  folder: string,
): Identity | undefined {
  if (certificateFile !== undefined && keyFile !== undefined && authoritiesFile !== undefined)
    return { certificate: pem(certificateFile), key: pem(keyFile), authorities: pem(authoritiesFile) };
  const file = (name: keyof Identity) => join(folder, identityFiles[name]);
  if (!existsSync(file('certificate'))) return undefined;
  return { certificate: pem(file('certificate')), key: pem(file('key')), authorities: pem(file('authorities')) };
}

const secure = { minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: true } as const;
const handshakeTimeout = 5_000;

/** Not listening yet. `attend` is given who has come and, where there is an identity, has shown one. */
export function serverWith(identity: Identity | undefined, attend: (socket: Socket) => void): Server {
  if (!identity) return createTcpServer(attend);
  const { certificate: cert, key, authorities: ca } = identity;
  const server = createTlsServer({ ...secure, cert, key, ca, handshakeTimeout }, attend);
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

/** That the other end has a certificate of this cluster is what counts here; nodes are dialled by address, certificates name nodes. */
export function dialled({ host, port }: { host: string; port: number }, identity: Identity | undefined): Socket {
  if (!identity) return connectTcp({ host, port });
  const { certificate: cert, key, authorities: ca } = identity;
  return connectTls({ ...secure, host, port, cert, key, ca, checkServerIdentity: () => undefined });
}

/** Throws `link-refused` when the certificate of the other end names another node than it says it is. */
export function mustBe(node: string, socket: Socket): void {
  if (!(socket instanceof TLSSocket)) return;
  const named = socket.getPeerCertificate().subject?.CN;
  if (named === node) return;
  throw new TwinreelError('link-refused', `it says that it is ${node}, and its certificate is that of ${named}`);
}

function pem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new TwinreelError('config-invalid', `${file} of this node's identity cannot be read: ${messageOf(error)}`, {
      file,
    });
  }
}
