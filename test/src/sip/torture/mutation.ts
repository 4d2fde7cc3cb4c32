// Makes broken messages out of good ones, by a seed: bytes changed, cut, doubled and swapped, lines taken from other messages,
// numbers and separators put where parsers trip.

import type { Random } from '#src/ports';

const morsels = [
  ...[
    '\0',
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    ' ',
    '\t',
    '"',
    '\\',
    '<',
    '>',
    ';',
    ',',
    ':',
    '=',
    '%',
    '@',
    '[',
    ']',
    '/',
    '--',
    '\xff',
  ],
  ...[
    '-1',
    '0',
    '4294967296',
    '99999999999999999999',
    '1e9',
    'SIP/2.0',
    'SIP/3.0',
    'z9hG4bK',
    'Content-Length: 5',
    'l: -5',
  ],
  ...[
    'Via: SIP/2.0/UDP a',
    'v:',
    'CSeq: 1 ACK',
    'tag=',
    'branch=',
    'boundary=',
    'm=audio',
    'a=rtpmap:',
    'c=IN IP4 ',
    '\xf0\x9f\x98\x80',
  ],
];

/** One mutant of a message of the corpus: one to six changes. */
export function mutantOf(corpus: readonly string[], random: Random): Buffer {
  const below = (count: number) => Math.floor(random.fraction() * count);
  const any = <T>(list: readonly T[]) => list[below(list.length)]!;
  let text = any(corpus);
  for (let left = 1 + below(6); left > 0; left -= 1) {
    const at = below(text.length + 1);
    const until = at + 1 + below(Math.min(40, text.length));
    const lines = text.split('\r\n');
    const line = below(lines.length);
    switch (below(9)) {
      case 0:
        text = text.slice(0, at) + String.fromCharCode(below(256)) + text.slice(at + 1);
        break;
      case 1:
        text = text.slice(0, at) + text.slice(until);
        break;
      case 2:
        text = text.slice(0, until) + text.slice(at, until) + text.slice(until);
        break;
      case 3:
      case 4:
        text = text.slice(0, at) + any(morsels) + text.slice(at);
        break;
      case 5:
        text = text.slice(0, at);
        break;
      case 6:
        text = lines.toSpliced(line, 1).join('\r\n');
        break;
      case 7:
        text = lines.toSpliced(line, 0, any(any(corpus).split('\r\n'))).join('\r\n');
        break;
      default:
        // Many times the same: lists and depths that grow.
        text = text.slice(0, at) + any(morsels).repeat(1 + below(200)) + text.slice(at);
    }
  }
  return Buffer.from(text, 'latin1');
}
