// The dialogue of the demonstration: what an agent and a caller say, and their numbers.

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Audio } from '#ops/lab/msr-source';
import { readWav } from '#src/media';

export type Role = 'agent' | 'caller';

/** Numbers that nobody has: the agent's DN is the monitored one. */
export const numbers: Readonly<Record<Role, string>> = { agent: '7001', caller: '5550142' };

/** What each of them says; both begin at the same moment. Throws TwinreelError `wav-unreadable` when a fixture is broken. */
export function dialogue(): Readonly<Record<Role, { readonly audio: Audio; readonly durationMs: number }>> {
  return { agent: voiceOf('agent'), caller: voiceOf('caller') };
}

function voiceOf(role: Role): { readonly audio: Audio; readonly durationMs: number } {
  const { samples: channels, sampleRateHz } = readWav(readFileSync(fixture(`${role}.wav`)));
  const samples = channels[0]!;
  return { audio: { kind: 'samples', samples, sampleRateHz }, durationMs: (samples.length * 1000) / sampleRateHz };
}

/** The compiled program runs from dist/, the fixtures stay where they are. */
function fixture(name: string): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    const file = join(folder, 'ops/lab/fixtures', name);
    if (existsSync(file)) return file;
  }
  throw new Error(`ops/lab/fixtures/${name} is not above ${import.meta.dirname}`);
}
