// A recording in the making: a folder that nobody looks into until one rename puts it in place. Whatever is left of a draft
// that was not finished is worth nothing.

import { createHash, type KeyObject } from 'node:crypto';
import { dirname, join } from 'node:path';
import { type JournalFiles, type RecoveryReport, SealedFile, type StreamRecord } from '#src/journal';
import type { CaptureFact } from '#src/media/capture';
import { builtInDecoders, type DecoderRegistry } from '#src/media/codec';
import { TimelineBuilder } from '#src/media/timeline';
import type { Clock, Random } from '#src/ports';
import { cutsOf } from './copy-out.io.ts';
import { manifestFacts } from './facts.ts';
import { KeptApart } from './kept-apart.ts';
import type { ManifestFacts } from './manifest.schema.ts';
import { payloadMapOf } from './payloads.ts';
import { signManifest } from './signature.ts';
import { folderOf, manifestFile } from './store.io.ts';
import type { Take } from './take.ts';

export interface DraftOptions {
  readonly recordingsDir: string;
  /** Seals the recording's packets. */
  readonly publicKey: KeyObject;
  /** Ed25519; signs the manifest. */
  readonly signingKey: KeyObject;
  readonly packetsMin: number;
  /** What can be decoded here, for the manifest to say what cannot; default: what is built in. */
  readonly decoders?: DecoderRegistry;
  readonly clock: Clock;
  readonly random: Random;
  readonly files: JournalFiles;
}

/** A draft that is whole, and what its manifest says. */
export interface SealedDraft {
  readonly take: Take;
  readonly draftFolder: string;
  readonly facts: ManifestFacts;
}

/** A take in its place. */
export interface FinishedFolder {
  readonly take: string;
  readonly folder: string;
  readonly facts: ManifestFacts;
}

interface FoundPackets {
  readonly number: number;
  readonly timeline: TimelineBuilder;
  readonly keptApart: KeptApart;
  packets: number;
  bytes: number;
  firstMs: number | null;
  lastMs: number | null;
}

const chunkBytes = 2 ** 20;

export class Draft {
  readonly take: Take;
  readonly #options: DraftOptions;
  readonly #folder: string;
  readonly #packets: SealedFile;
  readonly #packetsFile: string;
  #quarantine: SealedFile | undefined;
  readonly #found: ReadonlyMap<string, FoundPackets>;

  private constructor(take: Take, options: DraftOptions, folder: string) {
    this.take = take;
    this.#options = options;
    this.#folder = folder;
    this.#packetsFile = `${take.node}.rtp`;
    this.#packets = this.#sealedFile(this.#packetsFile);
    this.#found = new Map(take.streams.map((stream, index) => [stream.stream, this.#begin(stream, index + 1)]));
  }

  /** A new one for each of the takes; what earlier attempts left of them is removed. */
  static async beginAll(takes: readonly Take[], options: DraftOptions): Promise<Draft[]> {
    const { files, recordingsDir } = options;
    const drafts = draftsFolder(recordingsDir);
    files.makeFolder(drafts);
    const left = new Set(files.list(drafts));
    const begun: Draft[] = [];
    try {
      for (const take of takes) {
        const folder = join(drafts, take.take);
        if (left.has(take.take)) await files.removeFolder(folder);
        files.makeFolder(folder, 'passing');
        begun.push(new Draft(take, options, folder));
      }
      return begun;
    } catch (error) {
      await Promise.allSettled(begun.map((draft) => draft.abandon()));
      throw error;
    }
  }

  /** One record, in the order capture wrote them; those of streams that are not of the take are left out. */
  add({ stream, kind, atUs, bytes }: StreamRecord): void {
    const found = this.#found.get(stream);
    if (!found) return;
    switch (kind) {
      case 'rtp':
      case 'rtcp':
        this.#addPacket(found, kind, atUs, bytes);
        return;
      case 'quarantined':
        found.keptApart.add(atUs, bytes);
        return;
      case 'fact':
        for (const one of found.keptApart.release(JSON.parse(bytes.toString()) as CaptureFact))
          this.#addPacket(found, one.kind, one.atUs, one.datagram);
    }
  }

  /** Makes it whole and signs it; what it is then is durable. `cuts`: of its parts, in words. */
  async seal(reports: readonly RecoveryReport[], cuts: readonly string[]): Promise<SealedDraft> {
    const { take } = this;
    const { signingKey, packetsMin, decoders, files } = this.#options;
    const copy = { node: take.node, ...(await this.#sealed(this.#packets, this.#packetsFile)) };
    const quarantine = await this.#finishQuarantine();
    const streams = new Map(
      [...this.#found].map(([stream, { timeline, keptApart, ...found }]) => [
        stream,
        { ...found, timeline: timeline.finish(), keptApart: keptApart.rest, sources: keptApart.sources },
      ]),
    );
    const torn = cutsOf(reports.filter(({ segment }) => this.#touches(segment)));
    const facts = manifestFacts(take, {
      streams,
      copies: [copy],
      quarantine,
      cuts: [...(take.copied?.cuts ?? []), ...cuts, ...torn],
      packetsMin,
      isDecodable: (codec) => (decoders ?? builtInDecoders).has(codec),
    });
    await writeDurably(
      files,
      join(this.#folder, manifestFile),
      JSON.stringify(signManifest(facts, signingKey), null, 1),
    );
    await files.syncFolder(this.#folder);
    return { take, draftFolder: this.#folder, facts };
  }

  /** Lets go of what a draft holds open; nothing happens to one that is finished. */
  async abandon(): Promise<void> {
    await Promise.all([this.#packets.abandon(), this.#quarantine?.abandon()]);
  }

  #begin({ stream, formats, party, holds = [] }: Take['streams'][number], number: number): FoundPackets {
    const fact = Buffer.from(JSON.stringify({ fact: 'stream-opened', stream, party }));
    this.#packets.append('fact', number, this.take.startedMs * 1000, fact);
    const { pauses } = this.take;
    const timeline = new TimelineBuilder({ payloads: payloadMapOf(formats), pauses, holds });
    return { number, timeline, keptApart: new KeptApart(), packets: 0, bytes: 0, firstMs: null, lastMs: null };
  }

  #addPacket(found: FoundPackets, kind: 'rtp' | 'rtcp', atUs: number, bytes: Buffer): void {
    this.#packets.append(kind, found.number, atUs, bytes);
    found.timeline.add({ arrivalUs: atUs, bytes });
    if (kind !== 'rtp') return;
    found.packets += 1;
    found.bytes += bytes.length;
    found.firstMs ??= atUs / 1000;
    found.lastMs = atUs / 1000;
  }

  /** What was kept apart lies beside the packets, in a file of its own that no export reads. */
  async #finishQuarantine(): Promise<ManifestFacts['quarantine']> {
    const kept = [...this.#found.values()].filter(({ keptApart }) => keptApart.rest.length > 0);
    if (kept.length === 0) return undefined;
    const file = `${this.take.node}.quarantine`;
    const sealed = this.#sealedFile(file);
    this.#quarantine = sealed;
    for (const { number, keptApart } of kept)
      for (const { atUs, record } of keptApart.rest) sealed.append('quarantined', number, atUs, record);
    const packets = kept.reduce((sum, { keptApart }) => sum + keptApart.rest.length, 0);
    return { packets, ...(await this.#sealed(sealed, file)) };
  }

  #sealedFile(file: string): SealedFile {
    const { publicKey, clock, random, files } = this.#options;
    return new SealedFile({ path: join(this.#folder, file), writer: this.take.node, publicKey, clock, random, files });
  }

  async #sealed(sealed: SealedFile, file: string) {
    const { chainHead } = await sealed.finish();
    return { file, ...(await digestOf(this.#options.files, join(this.#folder, file))), chainHead };
  }

  #touches(segment: string): boolean {
    const { streams, copied } = this.take;
    if (copied && segment < copied.to.segment) return false;
    return streams.some((one) => segment >= one.from.segment && segment <= one.to.segment);
  }
}

/** Puts drafts in their place, each by one rename; a recording that is in place already wins. Durable when it resolves. */
export async function putInPlace(
  drafts: readonly SealedDraft[],
  { recordingsDir, files }: Pick<DraftOptions, 'recordingsDir' | 'files'>,
): Promise<FinishedFolder[]> {
  const finished = drafts.map(({ take: { take, startedMs }, facts }) => {
    return { take, folder: folderOf(recordingsDir, take, startedMs), facts };
  });
  const days = new Set(finished.map(({ folder }) => dirname(folder)));
  for (const day of days) files.makeFolder(day);
  for (const [index, { folder }] of finished.entries()) await rename(files, drafts[index]!.draftFolder, folder);
  for (const day of days) await files.syncFolder(day);
  return finished;
}

/** Where drafts are made: on the same file system as the recordings, for the rename. */
export function draftsFolder(recordingsDir: string): string {
  return join(recordingsDir, '.unfinished');
}

async function digestOf(files: JournalFiles, path: string): Promise<{ bytes: number; sha256: string }> {
  const file = await files.open(path, 'read');
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const chunk = Buffer.allocUnsafe(Math.min(chunkBytes, 1 + (await file.size())));
    for (let filled = chunk.length; filled === chunk.length; bytes += filled) {
      filled = await file.read(chunk, bytes);
      hash.update(chunk.subarray(0, filled));
    }
  } finally {
    await file.close();
  }
  return { bytes, sha256: hash.digest('hex') };
}

async function writeDurably(files: JournalFiles, path: string, text: string): Promise<void> {
  const file = files.create(path);
  try {
    file.write([Buffer.from(text)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function rename(files: JournalFiles, from: string, to: string): Promise<void> {
  try {
    await files.rename(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    await files.removeFolder(from);
  }
}
