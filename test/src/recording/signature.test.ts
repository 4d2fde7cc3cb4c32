import { generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { keyId, type ManifestFacts, manifestHolds, signManifest } from '#src/recording';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');

const facts: ManifestFacts = {
  version: 1,
  take: 'k',
  recordingId: 'r',
  tenant: 'acme',
  node: 'n1',
  startedMs: 1_000,
  endedMs: 5_000.25,
  endReason: 'bye',
  lengthMs: 4_000,
  parties: [{ number: '3556', channel: 'left' }],
  dialogs: [],
  streams: [],
  pauses: [{ fromMs: 2_000, toMs: 3_000, by: 'Zoë' }],
  copies: [],
  problems: [],
};

describe('the signature of a manifest', () => {
  it('R-KEY-1: holds after the manifest was written and read, in whatever order its fields came back', () => {
    const manifest = signManifest(facts, privateKey);
    const backwards = Object.fromEntries(Object.entries(manifest.facts).reverse()) as ManifestFacts;
    expect(manifestHolds(JSON.parse(JSON.stringify({ ...manifest, facts: backwards })), publicKey)).toBe(true);
  });

  it.each<[string, Partial<ManifestFacts>]>([
    ['a time', { endedMs: 5_000 }],
    ['a pause left out', { pauses: [] }],
    ['a name in it', { pauses: [{ fromMs: 2_000, toMs: 3_000, by: 'Zoe' }] }],
    ['a fact that was not there', { callUuid: 'U' }],
    ['a list in another order', { parties: [{ number: '0412', channel: 'right' }, ...facts.parties] }],
  ])('R-KEY-1: does not hold for another %s', (_, change) => {
    const manifest = signManifest(facts, privateKey);
    expect(manifestHolds({ ...manifest, facts: { ...facts, ...change } }, publicKey)).toBe(false);
  });

  it('R-KEY-1: of no meaning is no signature, and no error', () => {
    const manifest = signManifest(facts, privateKey);
    const broken = { ...manifest, signature: { ...manifest.signature, value: 'beef' } };
    expect(manifestHolds(broken, publicKey)).toBe(false);
  });

  it('R-RPL-8: is plain Ed25519 over the JSON of the facts with sorted keys, so that anybody can check it', () => {
    const { signature } = signManifest({ ...facts, parties: [], pauses: [] }, privateKey);
    const text =
      '{"copies":[],"dialogs":[],"endReason":"bye","endedMs":5000.25,"lengthMs":4000,"node":"n1","parties":[],' +
      '"pauses":[],"problems":[],"recordingId":"r","startedMs":1000,"streams":[],"take":"k","tenant":"acme","version":1}';
    expect(verify(null, Buffer.from(text), publicKey, Buffer.from(signature.value, 'hex'))).toBe(true);
    expect(signature.keyId).toBe(keyId(publicKey));
  });
});
