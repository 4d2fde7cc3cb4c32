// `twinreel desktop DN`: an agent's desktop in the terminal. A command a line; what happens at the DN is shown as it comes.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import {
  AgentDesktop,
  callText,
  type DesktopListener,
  deskHelp,
  deskText,
  eventText,
  parseDeskCommand,
} from '#ops/lab/desktop';
import { type Config, loadConfig } from '#src/config';
import { DirectoryClient, discover } from '#src/directory';
import { TwinreelError } from '#src/errors';
import { systemClock } from '#src/ports';
import { type Endpoint, endpointOfText } from '#src/wire';
import { type CliContext, contextOf } from './context.ts';
import { failure, table } from './output.ts';

interface Options {
  readonly server?: string;
  readonly name: string;
  readonly password?: string;
}

const directoryMsMax = 10_000;

export function addDesktopCommand(program: Command): void {
  program
    .command('desktop <dn>')
    .description("an agent's desktop: commands from standard input, a line each; events of the DN as they come")
    .option('--server <host:port>', 'telephony server; without it the one that the configuration knows the DN at')
    .option('--name <name>', 'how the telephony server knows us', 'twinreel-desktop')
    .option('--password <password>', 'password of that name, where it wants one')
    .addHelpText('after', () => `\nCommands (#N after one says which call is meant):\n${helpText()}\n\n${exitText}`)
    .action(async (dn: string, options: Options, command: Command) => run(dn, options, contextOf(command)));
}

const exitText =
  'Input that is not a terminal is a script: each line waits for the answer to the one before; exits 1 when one was refused.';

async function run(dn: string, { server, name, password }: Options, context: CliContext): Promise<void> {
  const { json, print } = context;
  const servers = server === undefined ? await serversOf(dn, context) : [endpoint(server)];
  const say = (fields: Readonly<Record<string, unknown>>, text: string) => print(json ? JSON.stringify(fields) : text);
  const fault = (error: unknown) =>
    json ? print(failure(error, true)) : void process.stderr.write(`${failure(error, false)}\n`);
  const listener: DesktopListener = {
    event: (event, before, after) => say({ ...event }, `${timeOfDay()} ${eventText(event, before, after)}`),
    described: (desk) => say({ desk }, deskText(desk).join('\n')),
    link: (text) => say({ link: text }, text),
    fault,
  };
  const client = { name, ...(password !== undefined && { password }) };
  const desktop = await AgentDesktop.open({ dn, servers, client }, listener);
  const isTerminal = process.stdin.isTTY === true;
  const lines = createInterface({ input: process.stdin, terminal: isTerminal, prompt: `${dn}> ` });
  if (isTerminal) lines.prompt();
  try {
    for await (const line of lines) {
      try {
        if ((await perform(line, desktop, say)) === 'quit') break;
      } catch (error) {
        fault(error);
        if (!isTerminal) process.exitCode = 1;
      }
      if (isTerminal) lines.prompt();
    }
  } finally {
    lines.close();
    desktop.close();
  }
}

async function perform(
  line: string,
  desktop: AgentDesktop,
  say: (fields: Readonly<Record<string, unknown>>, text: string) => void,
): Promise<'quit' | 'goes on'> {
  const command = parseDeskCommand(line);
  if (!command) return 'goes on';
  switch (command.command) {
    case 'quit':
      return 'quit';
    case 'help':
      say({ help: deskHelp }, helpText());
      return 'goes on';
    case 'show': {
      const { desk } = desktop;
      say({ desk, calls: desk.calls.map(callText) }, deskText(desk).join('\n'));
      return 'goes on';
    }
    default:
      await desktop.perform(command);
      say({ done: line.trim() }, `ok ${line.trim()}`);
      return 'goes on';
  }
}

function helpText(): string {
  return table(['command', 'does'], deskHelp);
}

function timeOfDay(): string {
  return new Date(systemClock.nowMs()).toISOString().slice(11, 23);
}

function endpoint(text: string): Endpoint {
  if (/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/.test(text)) return endpointOfText(text);
  throw new TwinreelError('desktop-server-unknown', `--server wants host:port, not '${text}'`);
}

/** Where a DN is, by the configuration: that of a node that runs from here, where ours names no telephony side. */
async function serversOf(dn: string, { config, layout }: CliContext): Promise<readonly Endpoint[]> {
  const started = join(layout.runDir, 'twinreel.yaml');
  const known = !hasTelephony(config) && existsSync(started) ? loadConfig(started) : config;
  const named = known.core.tenants.flatMap(({ switches }) => switches).find(({ dns }) => dns.includes(dn));
  const servers = named ? named.servers.map(endpointOfText) : await discovered(dn, known);
  if (servers) return servers;
  throw new TwinreelError(
    'desktop-server-unknown',
    `no telephony server is known for DN ${dn}: name one with --server, or its switch in the configuration`,
    { dn },
  );
}

function hasTelephony({ core, directory }: Config): boolean {
  return core.tenants.length > 0 || directory.servers.length > 0;
}

/** What the configuration server says; undefined when there is none, or it does not know the DN. */
async function discovered(dn: string, { directory }: Config): Promise<readonly Endpoint[] | undefined> {
  const { servers, application, user, password } = directory;
  if (servers.length === 0) return undefined;
  let why = `no answer from the configuration server within ${directoryMsMax / 1_000} s`;
  return new Promise((resolve, reject) => {
    const end = (settle: () => void) => {
      patience.cancel();
      void opening.then((client) => client.close());
      settle();
    };
    const patience = systemClock.after(directoryMsMax, () =>
      end(() => reject(new TwinreelError('directory-unreachable', why))),
    );
    const opening = DirectoryClient.open(
      { servers: servers.map(endpointOfText), application, user, password, reconnectMs: 500 },
      {
        changed: (known) => {
          const { monitored } = discover(known);
          end(() => resolve(monitored.find(({ dns }) => dns.some(({ number }) => number === dn))?.servers));
        },
        link: () => {},
        fault: ({ message }) => {
          why = message;
        },
      },
    );
  });
}
