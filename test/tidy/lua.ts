// Redis scripts: `acquire-lease-1.lua` takes one key; its header names every key, argument and reply.
//
//   -- Takes the lease of a shard, or says who holds it.
//   -- KEYS[1]  lease:{shard}
//   -- ARGV[1]  holder
//   -- ARGV[2]  time to live, ms
//   -- Replies  epoch, or nil when another holds it

import { posix } from 'node:path';
import { type Finding, finding, type Rule, type SourceFile } from './project.ts';

export const luaHeadersTellKeysArgumentsReplies: Rule = (project) =>
  project.filter(({ path }) => path.endsWith('.lua')).flatMap(checkScript);

function checkScript(file: SourceFile): Finding[] {
  const named = /^[a-z0-9]+(?:-[a-z]+)*-(\d+)\.lua$/.exec(posix.basename(file.path));
  if (!named) {
    return [finding(file, 0, `name it verb-noun-N.lua, where N is the number of keys (acquire-lease-1.lua)`)];
  }
  const header = /^(?:--.*\n)*/.exec(file.text)![0];
  const body = file.text.slice(header.length);
  const problems: string[] = [];

  const keyCount = Number(named[1]);
  const keys = numbers(header, 'KEYS');
  if (keys.join() !== upTo(keyCount).join()) {
    const wanted =
      keyCount === 0
        ? 'no KEYS'
        : upTo(keyCount)
            .map((n) => `KEYS[${n}]`)
            .join(', ');
    problems.push(`the name says ${keyCount} keys; the header must describe ${wanted}, one a line`);
  }
  for (const n of numbers(body, 'KEYS'))
    if (n > keyCount) problems.push(`KEYS[${n}] is used, but the name says ${keyCount} keys`);
  const described = numbers(header, 'ARGV');
  for (const n of numbers(body, 'ARGV')) {
    if (!described.includes(n)) problems.push(`ARGV[${n}] is used, but the header does not describe it`);
  }
  if (!/^--\s+Replies\b/m.test(header)) problems.push(`the header must say what the script replies: '-- Replies  …'`);
  return problems.map((problem) => finding(file, 0, problem));
}

function numbers(text: string, array: 'KEYS' | 'ARGV'): number[] {
  const found = [...text.matchAll(new RegExp(`${array}\\[(\\d+)\\]`, 'g'))].map((match) => Number(match[1]));
  return [...new Set(found)].sort((one, other) => one - other);
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
