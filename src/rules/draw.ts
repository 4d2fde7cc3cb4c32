// The draw of a probability. Not chance: who asks for the same recording by the same rule draws the same, on any machine, again
// after a restart, and when rules are tried on calls of last week.

/** A number from 0 up to 100, spread evenly over recordings and over rules. */
export function draw(recordingId: string, ruleId: string): number {
  // FNV-1a, then the finalizer of MurmurHash3: FNV alone leaves the high bits of similar texts similar.
  let hash = 0x811c9dc5;
  const text = `${recordingId}\n${ruleId}`;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32) * 100;
}
