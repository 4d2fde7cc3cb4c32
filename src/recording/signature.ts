// Signs a manifest's facts and checks them: the same facts always give the same bytes, whatever order they were built in.

import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import type { Manifest, ManifestFacts } from './manifest.schema.ts';

/** Signs `facts` with an Ed25519 private key. */
export function signManifest(facts: ManifestFacts, privateKey: KeyObject): Manifest {
  const value = sign(null, canonical(facts), privateKey).toString('hex');
  return { facts, signature: { algorithm: 'ed25519', keyId: signerIdOf(privateKey), value } };
}

/** True when the facts are the ones that the holder of `publicKey` signed. */
export function manifestHolds(manifest: Manifest, publicKey: KeyObject): boolean {
  return verify(null, canonical(manifest.facts), publicKey, Buffer.from(manifest.signature.value, 'hex'));
}

/** The id of a public key: SHA-256 of its DER form, hex. */
export function keyId(publicKey: KeyObject): string {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex');
}

/** Known keys are not exported again: that costs more than the signature. */
function signerIdOf(privateKey: KeyObject): string {
  const known = signerIds.get(privateKey) ?? keyId(createPublicKey(privateKey));
  signerIds.set(privateKey, known);
  return known;
}

const signerIds = new WeakMap<KeyObject, string>();

/** JSON with the keys of every object in order (after RFC 8785; all our numbers are plain). */
function canonical(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(sorted(value)));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]));
}
