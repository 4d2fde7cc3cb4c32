// `twinreel recordings list|show|export`: what this node has recorded.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import type { RecorderCommand } from '#cluster/recorder';
import { TwinreelError } from '#src/errors';
import { loadPrivateKey } from '#src/journal';
import { decodersWith } from '#src/media/codec';
import {
  exportFormats,
  exportRecording,
  findRecordings,
  listRecordings,
  type ManifestFacts,
  type StoredRecording,
} from '#src/recording';
import { type CliContext, contextOf } from './context.ts';
import { duration, table, time } from './output.ts';

const commands = {
  pause: 'stops keeping packets of a running recording; the timeline keeps its length',
  resume: 'keeps packets again',
  stop: 'ends a running recording and hangs up its dialogs',
} as const satisfies Record<RecorderCommand, string>;

export function addRecordingsCommand(program: Command): void {
  const recordings = program.command('recordings').description('finished recordings of this node');

  recordings
    .command('list')
    .description('all recordings, oldest first')
    .action(async (_options: unknown, command: Command) => list(contextOf(command)));

  recordings
    .command('show <id>')
    .description('one recording: id is a take, its first letters, or a recording id')
    .action(async (id: string, _options: unknown, command: Command) => {
      const { layout, json, print } = contextOf(command);
      const found = await findRecordings(layout.recordingsDir, id);
      if (json) print(JSON.stringify(found.map(({ folder, manifest }) => ({ folder, ...manifest }))));
      else print(found.map(recordingText).join('\n\n'));
    });

  recordings
    .command('export <id>')
    .description('audio or packets of one recording; a recording id with several takes has to be narrowed to a take')
    .addOption(new Option('--format <format>', 'what to make').choices(exportFormats).default('wav'))
    .option('--out <file>', 'where to write it; default: <take>.<format> in the working folder')
    .action(async (id: string, options: { format: (typeof exportFormats)[number]; out?: string }, command: Command) => {
      const { config, layout, json, print } = contextOf(command);
      const recording = single(id, await findRecordings(layout.recordingsDir, id));
      const { take } = recording.manifest.facts;
      const { format, out = `${take}.${format}` } = options;
      const privateKey = await loadPrivateKey(join(layout.keysDir, 'journal-private.pem'));
      const decoders = await decodersWith(config.recorder.ffmpeg);
      let undecodable: readonly string[] = [];
      const onUndecodable = (codecs: readonly string[]) => {
        undecodable = codecs;
      };
      await writeFile(out, exportRecording(recording, format, privateKey, { decoders, onUndecodable }));
      if (json) print(JSON.stringify({ take, format, out, undecodable }));
      else
        print([out, ...undecodable.map((codec) => `${codec} cannot be decoded here: silence in the file`)].join('\n'));
    });

  recordings
    .command('retry')
    .description('tries again what could not be finished and was set aside (see: twinreel status)')
    .action(async (_options: unknown, command: Command) => {
      const { layout, json, print } = contextOf(command);
      const takes = await (await control()).retry(layout.recorderSocket);
      print(json ? JSON.stringify({ takes }) : takes.length > 0 ? takes.join('\n') : 'nothing was set aside');
    });

  for (const name of Object.keys(commands) as RecorderCommand[]) {
    recordings
      .command(`${name} <id>`)
      .description(commands[name])
      .option('--by <who>', 'who asks: stands in the manifest', 'operator')
      .action((id: string, options: { by: string }, self: Command) => command(name, id, options.by, contextOf(self)));
  }
}

/** Loaded when it is needed: it brings all of a recorder with it, and whoever lists or exports needs none. */
const control = async () => (await import('#cluster/recorder')).recorderControl;

/** Passes a command to the recorder of this node. */
async function command(name: RecorderCommand, recording: string, by: string, { layout, json, print }: CliContext) {
  const takes = await (await control()).command(layout.recorderSocket, name, recording, by);
  print(json ? JSON.stringify({ command: name, takes }) : `${name}: ${takes.join(', ')}`);
}

/** The text of `recordings show` for people. */
export function recordingText({ folder, manifest: { facts } }: StoredRecording): string {
  const parties = facts.parties.map((party) => `${partyText(party)} (${party.channel})`).join(', ');
  const streams = facts.streams.map((stream) => [
    speakersText(stream),
    stream.formats[0]?.codec ?? '',
    stream.packets,
    stream.lost,
    stream.gaps.length,
    duration(stream.lengthMs),
    stream.endReason,
  ]);
  return [
    `recording  ${facts.recordingId}`,
    `take       ${facts.take}`,
    `parties    ${parties}`,
    `started    ${time(facts.startedMs)}`,
    `length     ${duration(facts.lengthMs)}`,
    `ended by   ${facts.endReason}`,
    `problems   ${problemsText(facts)}`,
    `path       ${folder}`,
    '',
    table(['party', 'codec', 'packets', 'lost', 'gaps', 'length', 'ended by'], streams),
  ].join('\n');
}

async function list({ layout, json, print }: CliContext): Promise<void> {
  const found: StoredRecording[] = [];
  const damaged: string[] = [];
  for await (const one of listRecordings(layout.recordingsDir, (folder) => damaged.push(folder))) found.push(one);
  if (json) {
    print(
      JSON.stringify({ recordings: found.map(({ folder, manifest }) => ({ folder, ...manifest.facts })), damaged }),
    );
    return;
  }
  const rows = found.map(({ manifest: { facts } }) => [
    facts.take,
    time(facts.startedMs),
    duration(facts.lengthMs),
    facts.parties.map(partyText).join(' – '),
    facts.streams.reduce((sum, stream) => sum + stream.packets, 0),
    facts.problems.length === 0 ? 'ok' : facts.problems.map((problem) => problem.code).join(', '),
  ]);
  print(table(['take', 'started', 'length', 'parties', 'packets', 'state'], rows));
  for (const folder of damaged) print(`manifest cannot be read: ${folder}`);
}

function single(id: string, found: readonly StoredRecording[]): StoredRecording {
  if (found.length === 1) return found[0]!;
  const takes = found.map((one) => one.manifest.facts.take);
  throw new TwinreelError(
    'recording-ambiguous',
    `'${id}' names ${takes.length} takes; say which: ${takes.join(', ')}`,
    { id, takes },
  );
}

function partyText({ number, name }: ManifestFacts['parties'][number]): string {
  return name === undefined ? number : `${number} ${name}`;
}

/** Voices one after the other with an arrow between them, those of a mixed stream with a plus. */
function speakersText({ party, speakers = [], mixed }: ManifestFacts['streams'][number]): string {
  const numbers = new Set([party, ...speakers.map(({ number }) => number)]);
  return [...numbers].join(mixed ? ' + ' : ' → ');
}

function problemsText({ problems }: ManifestFacts): string {
  return problems.length === 0 ? 'none' : problems.map(({ code, detail }) => `${code}: ${detail}`).join('; ');
}
