// What an agent types: one command a line, read and refused here, performed elsewhere. Pure.

import { TwinreelError } from '#src/errors';

export type RecordCommand = 'start' | 'stop' | 'pause' | 'resume';

/** `call`: the number of a call, where the agent says which; else it is the one the command can be about. */
export type DeskCommand =
  | { readonly command: 'login'; readonly agentId: string; readonly queue?: string }
  | { readonly command: 'logout' | 'ready' | 'not-ready' | 'acw' | 'show' | 'help' | 'quit' }
  | { readonly command: 'call'; readonly to: string }
  | {
      readonly command: 'answer' | 'release' | 'hold' | 'retrieve' | 'reconnect';
      readonly call?: number;
    }
  | { readonly command: 'transfer' | 'consult' | 'join'; readonly to: string; readonly call?: number }
  | { readonly command: 'complete'; readonly how: 'transfer' | 'conference'; readonly call?: number }
  | { readonly command: 'attach'; readonly data: Readonly<Record<string, string>>; readonly call?: number }
  | { readonly command: 'detach'; readonly key: string; readonly call?: number }
  | { readonly command: 'record'; readonly what: RecordCommand; readonly call?: number }
  | { readonly command: 'user-event'; readonly data: Readonly<Record<string, string>> }
  | { readonly command: 'wait'; readonly event: string; readonly seconds: number };

/** Each form of a command, and what it does. */
export const deskHelp: readonly (readonly [form: string, does: string])[] = [
  ['login AGENT [QUEUE]', 'logs an agent in at this DN'],
  ['logout', 'logs the agent out'],
  ['ready, not-ready, acw', 'takes calls, takes none, works on the last one (after-call work)'],
  ['call NUMBER', 'calls somebody; where the phone does not answer by itself, answer it'],
  ['answer', 'answers the call that rings'],
  ['hold, retrieve', 'puts the call on hold, and takes it back'],
  ['release', 'hangs up'],
  ['transfer NUMBER', 'gives the call to somebody else, unannounced'],
  ['consult NUMBER', 'calls somebody about the call, which is held meanwhile'],
  ['complete transfer|conference', 'after consult: gives the call away, or puts all three together'],
  ['reconnect', 'after consult: goes back to the call'],
  ['join NUMBER', 'puts a further party into the call'],
  ['attach KEY=VALUE …', 'attaches data to the call; a value with blanks stands in "quotes"'],
  ['detach KEY', 'removes attached data'],
  ['record start|stop|pause|resume', 'has the recording of the call begun, ended, paused, resumed'],
  ['user-event KEY=VALUE …', 'sends an EventUserEvent'],
  ['show', 'who is logged in, which calls there are, and how they are recorded'],
  ['wait EVENT [SECONDS]', 'waits for an event that no wait has seen yet, such as Established; 10 s unless said'],
  ['quit', 'ends; so does the end of the input'],
];

const waitSecondsDefault = 10;
const waitSecondsMax = 3_600;

/** Reads a line; undefined for one that is empty or a comment (`#`). Throws TwinreelError `desktop-command-invalid`. */
export function parseDeskCommand(line: string): DeskCommand | undefined {
  const words = wordsOf(line.trim());
  const [command, ...rest] = words;
  if (command === undefined || command.startsWith('#')) return undefined;
  const { args, call } = withoutCall(rest);
  const one = (what: string): string => {
    if (args.length !== 1) throw invalid(line, `${command} wants ${what}`);
    return args[0]!;
  };
  const none = () => {
    if (args.length > 0) throw invalid(line, `${command} wants nothing after it but #CALL`);
  };
  const which = call === undefined ? {} : { call };
  switch (command) {
    case 'login': {
      const [agentId, queue] = args;
      if (agentId === undefined || args.length > 2) throw invalid(line, 'login wants AGENT, or AGENT QUEUE');
      return { command, agentId, ...(queue !== undefined && { queue }) };
    }
    case 'logout':
    case 'ready':
    case 'not-ready':
    case 'acw':
    case 'show':
    case 'help':
    case 'quit':
      none();
      return { command };
    case 'call':
      return { command, to: one('NUMBER') };
    case 'answer':
    case 'release':
    case 'hold':
    case 'retrieve':
    case 'reconnect':
      none();
      return { command, ...which };
    case 'transfer':
    case 'consult':
    case 'join':
      return { command, to: one('NUMBER'), ...which };
    case 'complete': {
      const how = one('transfer or conference');
      if (how !== 'transfer' && how !== 'conference') throw invalid(line, 'complete wants transfer or conference');
      return { command, how, ...which };
    }
    case 'attach':
      return { command, data: pairsOf(line, args), ...which };
    case 'detach':
      return { command, key: one('KEY'), ...which };
    case 'record': {
      const what = one('start, stop, pause or resume');
      if (!isRecordCommand(what)) throw invalid(line, 'record wants start, stop, pause or resume');
      return { command, what, ...which };
    }
    case 'user-event':
      return { command, data: pairsOf(line, args) };
    case 'wait': {
      const [event, seconds = String(waitSecondsDefault)] = args;
      if (event === undefined || args.length > 2 || !/^\d{1,4}$/.test(seconds) || Number(seconds) > waitSecondsMax)
        throw invalid(line, `wait wants EVENT, or EVENT SECONDS up to ${waitSecondsMax}`);
      return { command, event, seconds: Number(seconds) };
    }
    default:
      throw invalid(line, `there is no command '${command}'; help lists them`);
  }
}

function isRecordCommand(what: string): what is RecordCommand {
  return what === 'start' || what === 'stop' || what === 'pause' || what === 'resume';
}

/** `#2` names a call wherever it stands. */
function withoutCall(words: readonly string[]): { readonly args: readonly string[]; readonly call?: number } {
  const named = words.find((word) => /^#\d{1,6}$/.test(word));
  if (named === undefined) return { args: words };
  return { args: words.filter((word) => word !== named), call: Number(named.slice(1)) };
}

function pairsOf(line: string, words: readonly string[]): Record<string, string> {
  const pairs = words.map((word) => /^([^=]+)=(.*)$/s.exec(word));
  if (pairs.length === 0 || pairs.includes(null)) throw invalid(line, 'KEY=VALUE is wanted, once or several times');
  return Object.fromEntries(pairs.map((pair) => [pair![1]!, pair![2]!]));
}

/** Words by blanks; what stands in quotes is one, or part of one: `note="called twice"`. */
function wordsOf(line: string): string[] {
  return (line.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? []).map((word) => word.replaceAll('"', ''));
}

function invalid(line: string, what: string): TwinreelError {
  return new TwinreelError('desktop-command-invalid', `'${line.trim()}': ${what}`, { line });
}
