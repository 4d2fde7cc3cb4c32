// The file layer the journal stands on, as a port: the real one, or in tests one that forgets what was not synced,
// or one whose disk is full. Nothing in src/journal touches node:fs but the system's own implementation.

/** A file open for reading and writing at explicit offsets. */
export interface JournalFile {
  /** Writes all parts, one after the other, at `offset`, in one system call where the system takes them; throws when not all went. */
  write(parts: readonly Uint8Array[], offset: number): void;
  /** Reads up to `into.length` bytes; fewer only at the end of the file. */
  read(into: Buffer, offset: number): Promise<number>;
  /** fdatasync. After a rejection nothing written since the last success may be relied on. */
  sync(): Promise<void>;
  /** Reserves disk space up to `bytes` without touching what is written; a layer that cannot may do nothing. */
  allocate(bytes: number): Promise<void>;
  truncate(bytes: number): Promise<void>;
  size(): Promise<number>;
  close(): Promise<void>;
}

export interface JournalFiles {
  /** Makes a folder (mode 0700) and the ones above it where missing; their names are durable, unless it is only passing. */
  makeFolder(folder: string, kind?: 'lasting' | 'passing'): void;
  /** Names in a folder, sorted. */
  list(folder: string): string[];
  /** A new file, mode 0600; throws when it is there already. */
  create(path: string): JournalFile;
  open(path: string, access: 'read' | 'write'): Promise<JournalFile>;
  /** A file replaces the one that is there; a folder throws ENOTEMPTY or EEXIST when one with content is there. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Removes a folder and all in it; nothing happens when it is not there. */
  removeFolder(folder: string): Promise<void>;
  /** Bytes that can still be written below a folder. */
  freeBytes(folder: string): Promise<number>;
  /** Makes a file, where there is none, and reserves disk space for all of it; throws, taking nothing, when there is too little. */
  allocate(path: string, bytes: number): Promise<void>;
  /** Size of a file; undefined when it is not there. */
  sizeOf(path: string): Promise<number | undefined>;
  /** Gives the space of a file back at once; false when it is not there. */
  shrink(path: string): boolean;
  /** Makes names created, renamed or removed in a folder durable. */
  syncFolder(folder: string): Promise<void>;
}
