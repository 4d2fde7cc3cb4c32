// Gives memory back before the garbage collector would: a sealed block is of no use once it is written, and V8 lets tens of MiB
// of such blocks gather outside of its heap, which it then looks through again and again.
//
// What is transferred to a port that nobody reads is freed at once (tried on Node 20). Must be given nothing that anybody still holds.

import { MessageChannel } from 'node:worker_threads';

const { port1: nowhere, port2: reader } = new MessageChannel();
reader.close();

/** The bytes are gone afterwards; those that share their memory with others stay as they are. */
export function giveBack(bytes: Buffer): void {
  const memory = bytes.buffer;
  if (memory instanceof ArrayBuffer && memory.byteLength === bytes.length) nowhere.postMessage(undefined, [memory]);
}
