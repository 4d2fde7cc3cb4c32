// The configuration file, or another file of settings, while a process runs: read again when it changes, or when somebody says so. What
// is refused changes nothing. Must never take a file that is still being written.

import { readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { messageOf, TwinreelError } from '#src/errors';
import { type Clock, systemClock, type Timer } from '#src/ports';

export interface ConfigFileListener<Settings> {
  changed(settings: Settings): void;
  /** `config-unreadable`, or what reading its text throws: what was in force stays so. */
  refused(error: TwinreelError): void;
}

/** Milliseconds in which a file must not change before it is taken. */
const settleMs = 200;

/** `parse` reads its text, now or later, and throws a TwinreelError that says what is wrong with it. */
export class ConfigFile<Settings> {
  readonly #path: string;
  readonly #listener: ConfigFileListener<Settings>;
  readonly #parse: (text: string, path: string) => Settings | Promise<Settings>;
  readonly #clock: Clock;
  readonly #close: () => void;
  /** What was taken, or refused, last. */
  #known: string;
  #settling: Timer | undefined;

  constructor(
    path: string,
    parse: (text: string, path: string) => Settings | Promise<Settings>,
    listener: ConfigFileListener<Settings>,
    clock = systemClock,
  ) {
    this.#parse = parse;
    this.#path = path;
    this.#listener = listener;
    this.#clock = clock;
    this.#known = textOf(this.#read());
    this.#close = watchFolder(path, () => this.reload());
  }

  /** Reads it as soon as it is written; for SIGHUP, and for folders that tell of no changes. */
  reload(): void {
    this.#settle(textOf(this.#read()));
  }

  close(): void {
    this.#settling?.cancel();
    this.#known = '';
    this.#close();
  }

  #settle(seen: string): void {
    this.#settling?.cancel();
    this.#settling = this.#clock.after(settleMs, () => {
      const read = this.#read();
      if (textOf(read) !== seen) this.#settle(textOf(read));
      else this.#take(read);
    });
  }

  #take(read: Read): void {
    if (textOf(read) === this.#known) return;
    this.#known = textOf(read);
    try {
      const parsed = this.#parsed(read);
      if (parsed instanceof Promise) void this.#await(parsed, this.#known);
      else this.#listener.changed(parsed);
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** What is read after another change, or after the end, nobody waits for any more. */
  async #await(parsed: Promise<Settings>, known: string): Promise<void> {
    try {
      const settings = await parsed;
      if (known === this.#known) this.#listener.changed(settings);
    } catch (error) {
      if (known === this.#known) this.#refuse(error);
    }
  }

  #parsed(read: Read): Settings | Promise<Settings> {
    if ('error' in read) throw read.error;
    // To a process that starts it means every default; to one that runs, more likely a file that was emptied by mistake.
    if (read.text.trim() === '')
      throw new TwinreelError('config-unreadable', `${this.#path} is empty; what was in force stays so`);
    return this.#parse(read.text, this.#path);
  }

  #refuse(error: unknown): void {
    if (!(error instanceof TwinreelError)) throw error;
    this.#listener.refused(error);
  }

  #read(): Read {
    try {
      return { text: readFileSync(this.#path, 'utf8') };
    } catch (error) {
      const text = `${this.#path} cannot be read: ${messageOf(error)}`;
      return { error: new TwinreelError('config-unreadable', text, { path: this.#path }, { cause: error }) };
    }
  }
}

type Read = { readonly text: string } | { readonly error: TwinreelError };

function textOf(read: Read): string {
  return 'text' in read ? `text ${read.text}` : `error ${read.error.message}`;
}

/** Whoever replaces a file replaces it in its folder. */
function watchFolder(path: string, changed: () => void): () => void {
  const name = basename(path);
  try {
    const watcher = watch(dirname(path), { persistent: false }, (_event, file) => {
      // `..data` is what changes where a configuration is mounted by Kubernetes.
      if (file === null || file === name || file === '..data') changed();
    });
    watcher.on('error', () => watcher.close());
    return () => watcher.close();
  } catch {
    return () => {}; // no notification here: SIGHUP does it
  }
}
