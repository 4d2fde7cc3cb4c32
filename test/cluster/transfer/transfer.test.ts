import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { arrive, Fetcher, type FetcherOptions, NodeLink, type NodePlace, type Place } from '#cluster/transfer';
import { encodeFrame } from '#src/frames';
import { systemClock, systemRandom, VirtualClock } from '#src/ports';
import { destroyMedia, type Manifest, manifestHolds, signManifest } from '#src/recording';
import { temporaryFolder, until } from '../../harness/processes.ts';
import { finishedNode, gate, line, offering, quiet, secret, signing } from './finished-node.ts';

const signature = (manifest: Manifest) => (manifestHolds(manifest, signing.publicKey) ? 'holds' : 'broken');
const linkOptions = {
  store: 'store-1',
  secret,
  beatMs: 1_000,
  missedMax: 60,
  clock: systemClock,
  random: systemRandom,
  log: quiet,
};

function storeFolder(): string {
  const folder = temporaryFolder('store');
  onTestFinished(() => folder.remove());
  return join(folder.path, 'recordings');
}

/** A link that stands, for asking directly. */
async function linked(place: NodePlace, store = 'store-1'): Promise<NodeLink> {
  const link = await new Promise<NodeLink>((resolve) => {
    const one: NodeLink = new NodeLink(
      place,
      { ...linkOptions, store },
      { linked: () => resolve(one), finished() {}, lost() {} },
    );
  });
  onTestFinished(() => link.close());
  return link;
}

function fetching(places: readonly NodePlace[], options: Partial<FetcherOptions> = {}) {
  const recordingsDir = storeFolder();
  const arrived: string[] = [];
  const warnings: string[] = [];
  const fetcher = new Fetcher({
    ...linkOptions,
    recordingsDir,
    signature,
    fixed: places,
    transfersMax: 2,
    relistMs: 3_600_000,
    onArrived: ({ take }, how) => void arrived.push(`${take} ${how}`),
    ...options,
    log: { info() {}, warn: (fields, text) => void warnings.push(`${text} ${JSON.stringify(fields)}`) },
  });
  onTestFinished(() => fetcher.close());
  return { fetcher, recordingsDir, arrived, warnings };
}

const filesOf = (recordingsDir: string, { day, take }: Place) => {
  const folder = join(recordingsDir, day, take);
  return Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'hex')]));
};

describe('transfer of finished recordings', () => {
  it('R-RPL-7: what a node held while it was away, and what it finishes then, arrives byte for byte, once', async () => {
    const node = await finishedNode();
    const [first, second] = [node.record('a', 700_000), node.record('b', 0)];
    const store = fetching([node.place]);
    await until('both', () => store.arrived.length === 2);
    const third = node.record('c', 10);
    node.server.finished([third]);
    await until('the third', () => store.arrived.length === 3);
    for (const place of [first, second, third]) {
      expect(filesOf(store.recordingsDir, place)).toEqual(filesOf(node.recordingsDir, place));
    }
    expect(readdirSync(join(store.recordingsDir, '.arriving'))).toEqual([]);
    await until('the receipts', async () => (await node.offers.list('store-1')).places.length === 0);
    expect((await node.offers.list('store-2')).places).toEqual([first, second, third]);
    expect(store.warnings).toEqual([]);
  });

  it('R-RPL-7: a transfer that is cut in the middle goes on where it was', async () => {
    const node = await finishedNode();
    const place = node.record('a', 5 * 2 ** 20);
    const through = await line(node.place, 3 * 2 ** 20);
    const store = fetching([through.place]);
    const arriving = join(store.recordingsDir, '.arriving', 'a', 'n1.rtp');
    const asked: number[] = [];
    const read = node.offers.read.bind(node.offers);
    node.offers.read = (of, file, offset, bytes) => {
      if (through.cuts() > 0 && file === 'n1.rtp') asked.push(offset);
      return read(of, file, offset, bytes);
    };
    await until('the recording', () => store.arrived.length === 1);
    expect(through.cuts()).toBe(1);
    expect(Math.min(...asked)).toBeGreaterThan(0);
    expect(existsSync(arriving)).toBe(false);
    expect(filesOf(store.recordingsDir, place)).toEqual(filesOf(node.recordingsDir, place));
  });

  it('R-RPL-7: rest of another file in the folder of arrivals is found by the digest and fetched anew', async () => {
    const node = await finishedNode();
    const place = node.record('a', 1_000);
    const recordingsDir = storeFolder();
    const link = await linked(node.place);
    const cut = { look: link.look.bind(link), receipt: link.receipt.bind(link) };
    const broken = async (of: Place, file: string, offset: number, bytes: number) => {
      if (file === 'n1.rtp') throw new Error('cut');
      return link.read(of, file, offset, bytes);
    };
    await expect(arrive(place, { ...cut, read: broken }, { recordingsDir, signature })).rejects.toThrow('cut');
    writeFileSync(join(recordingsDir, '.arriving', 'a', 'n1.rtp'), 'of another one');
    expect(await arrive(place, link, { recordingsDir, signature })).toBe('arrived');
    expect(await arrive(place, link, { recordingsDir, signature })).toBe('there');
    expect(filesOf(recordingsDir, place)).toEqual(filesOf(node.recordingsDir, place));
  });

  it('R-RPL-7: a file that is not what the manifest says is refused, and not confirmed', async () => {
    const node = await finishedNode();
    const place = node.record('a');
    const path = join(node.recordingsDir, place.day, 'a', 'n1.rtp');
    const bytes = readFileSync(path);
    bytes[500]! ^= 1;
    writeFileSync(path, bytes);
    const recordingsDir = storeFolder();
    const link = await linked(node.place);
    await expect(arrive(place, link, { recordingsDir, signature })).rejects.toMatchObject({ code: 'transfer-damaged' });
    expect(existsSync(join(recordingsDir, place.day))).toBe(false);
    expect((await node.offers.list('store-1')).places).toEqual([place]);
    // One that is cut off, too.
    writeFileSync(path, bytes.subarray(0, 900));
    await expect(arrive(place, link, { recordingsDir, signature })).rejects.toMatchObject({ code: 'transfer-damaged' });
  });

  it('R-RPL-7: a manifest whose files would lie elsewhere is refused', async () => {
    const node = await finishedNode();
    const place = node.record('a');
    const path = join(node.recordingsDir, place.day, 'a', 'manifest.json');
    const { facts } = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    const [copy] = facts.copies;
    const link = await linked(node.place);
    for (const file of ['../n1.rtp', '/tmp/n1.rtp', 'manifest.json', '..', '']) {
      const strayed = signManifest({ ...facts, copies: [{ ...copy!, file }] }, signing.privateKey);
      writeFileSync(path, JSON.stringify(strayed));
      const refused = arrive(place, link, { recordingsDir: storeFolder(), signature });
      await expect(refused).rejects.toMatchObject({ code: 'transfer-refused' });
    }
  });

  it('R-RPL-7: a manifest of another take, or whose signature does not hold, is refused', async () => {
    const node = await finishedNode();
    const [a, b] = [node.record('a'), node.record('b')];
    const manifest = join(node.recordingsDir, a.day, 'a', 'manifest.json');
    const recordingsDir = storeFolder();
    const link = await linked(node.place);
    const other = generateKeyPairSync('ed25519').publicKey;
    const forged = (one: Manifest) => (manifestHolds(one, other) ? 'holds' : 'broken');
    await expect(arrive(a, link, { recordingsDir, signature: forged })).rejects.toMatchObject({
      code: 'transfer-refused',
    });
    writeFileSync(manifest, readFileSync(join(node.recordingsDir, b.day, 'b', 'manifest.json')));
    await expect(arrive(a, link, { recordingsDir, signature })).rejects.toMatchObject({ code: 'transfer-refused' });
    // What was confirmed is what is there, or it is no receipt.
    await expect(link.receipt(b, 'a'.repeat(64))).rejects.toMatchObject({ code: 'transfer-refused' });
    await expect(link.look({ day: a.day, take: 'none' })).rejects.toMatchObject({ code: 'recording-unknown' });
  });

  it('R-RPL-7: who does not know the secret gets nothing, neither as store nor as node', async () => {
    const node = await finishedNode();
    node.record('a');
    const store = fetching([node.place], { secret: 'another' });
    await until('the refusal', () => store.warnings.find((text) => text.includes('does not know the secret')));
    expect(store.fetcher.figures).toMatchObject({ nodes: 0, arrived: 0 });
    expect(existsSync(store.recordingsDir)).toBe(false);
    // An impostor admits everybody, and cannot prove that it is one of us.
    const nonce = '0'.repeat(32);
    const impostor = createServer((socket) => {
      socket.on('error', () => {});
      socket.write(encodeFrame({ type: 'challenge', version: 1, node: 'n1', nonce }));
      socket.write(encodeFrame({ type: 'welcome', proof: '0'.repeat(64) }));
    });
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void impostor.close());
    const deceived = fetching([{ host: '127.0.0.1', port: (impostor.address() as { port: number }).port }]);
    await until('the doubt', () => deceived.warnings.find((text) => text.includes('does not know the secret')));
  });

  it('R-RPL-7: a node that was restarted is heard of again, and a receipt that was lost is sent once more', async () => {
    const node = await finishedNode();
    const place = node.record('a');
    const { port } = node.place;
    await node.server.close();
    const store = fetching([node.place]);
    const again = await offering(node.offers, port);
    await until('the recording', async () => (await node.offers.list('store-1')).places.length === 0);
    await node.offers.destroyed(place); // forgets the receipt
    again.finished([place]);
    await until('the receipt', async () => (await node.offers.list('store-1')).places.length === 0);
    expect(store.arrived).toEqual(['a arrived', 'a there']);
  });

  it('R-RPL-7: the own copy of a node goes when copiesMin stores have it and its time is over, not before', async () => {
    const clock = new VirtualClock(Date.now());
    const node = await finishedNode({ clock, copiesMin: 2, ownCopyMs: 60_000 });
    const place = node.record('a');
    const folder = join(node.recordingsDir, place.day, 'a');
    for (const store of ['store-1', 'store-1', 'store-2']) {
      expect(await node.offers.removeOwn()).toBe(0);
      const options = { recordingsDir: storeFolder(), signature };
      await arrive(place, await linked(node.place, store), options);
      clock.advance(120_000);
      if (store === 'store-1') expect(await node.offers.removeOwn()).toBe(0);
    }
    expect(existsSync(folder)).toBe(true);
    expect(await node.offers.removeOwn()).toBe(1);
    expect(existsSync(join(node.recordingsDir, place.day))).toBe(false);
    expect(await node.offers.removeOwn()).toBe(0);
  });

  it('R-RPL-7: own copies stay where nobody asks for their removal', async () => {
    const node = await finishedNode({ clock: new VirtualClock(Date.now() + 10 * 365 * 86_400_000) });
    const place = node.record('a');
    await arrive(place, await linked(node.place), { recordingsDir: storeFolder(), signature });
    expect(await node.offers.removeOwn()).toBe(0);
  });

  it('R-RPL-7: media that is destroyed while it is on its way to a store is destroyed there', async () => {
    const node = await finishedNode();
    const place = node.record('a', 8 * 2 ** 20);
    const way = await gate(node.place, 2 ** 20);
    const store = fetching([way.place]);
    await until('a part of it', () => way.isShut());
    await destroyMedia(node.recordingsDir, place.take, { by: 'rule', atMs: 5 });
    await node.offers.destroyed(place);
    node.server.finished([place]);
    way.open();
    await until('its end', () => store.arrived.includes('a destroyed') || undefined);
    expect(Object.keys(filesOf(store.recordingsDir, place)).sort()).toEqual(['destroyed.json', 'manifest.json']);
  });

  it('R-RPL-7: media destroyed at its node is destroyed in the store, whether it was there already or not', async () => {
    const node = await finishedNode();
    const [a, b] = [node.record('a'), node.record('b')];
    const store = fetching([node.place]);
    await until('both', () => store.arrived.length === 2);
    const late = node.record('c');
    for (const place of [a, late]) {
      await destroyMedia(node.recordingsDir, place.take, { by: 'rule', atMs: 5 });
      await node.offers.destroyed(place);
      node.server.finished([place]);
    }
    await until('both ends', () => store.arrived.length === 4);
    for (const place of [a, late]) {
      expect(Object.keys(filesOf(store.recordingsDir, place)).sort()).toEqual(['destroyed.json', 'manifest.json']);
      expect(filesOf(store.recordingsDir, place)).toEqual(filesOf(node.recordingsDir, place));
    }
    expect(Object.keys(filesOf(store.recordingsDir, b))).toContain('n1.rtp');
    await until('the receipts', async () => (await node.offers.list('store-1')).places.length === 0);
  });

  it('R-RPL-7: of a recording that was discarded the store takes the manifest, and its node is told so', async () => {
    const node = await finishedNode();
    const place = node.record('a');
    const recordingsDir = storeFolder();
    const asked: string[] = [];
    const discarded = async ({ take }: { readonly take: string }) => {
      asked.push(take);
      return { by: 'replay', atMs: 5 };
    };
    expect(await arrive(place, await linked(node.place), { recordingsDir, signature, discarded })).toBe('destroyed');
    expect(asked).toEqual(['a']);
    expect(Object.keys(filesOf(recordingsDir, place)).sort()).toEqual(['destroyed.json', 'manifest.json']);
    expect((await node.offers.list('store-1')).places).toEqual([]);
  });

  it('R-RPL-7: a receipt that a power cut has torn counts for nothing, and costs no other one', async () => {
    const node = await finishedNode();
    const [a, b] = [node.record('a'), node.record('b')];
    const fetch = async (place: Place) =>
      arrive(place, await linked(node.place), { recordingsDir: storeFolder(), signature });
    await fetch(a);
    appendFileSync(join(node.recordingsDir, '.receipts', `${a.day}.ndjson`), '\n{"take":"b","store":"store-1","mani');
    expect((await node.offers.list('store-1')).places).toEqual([b]);
    await fetch(b);
    expect((await node.offers.list('store-1')).places).toEqual([]);
  });
});
