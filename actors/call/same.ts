// Whether two plain values say the same: texts, numbers, lists, records of such. As `isDeepStrictEqual` of Node has it, which looks for
// much more than there can be here and takes ten times as long. Pure.

export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  let keys = 0;
  for (const key in one) {
    if (!Object.hasOwn(other, key) || !isSame(one[key as never], other[key as never])) return false;
    keys += 1;
  }
  for (const _ in other) keys -= 1;
  return keys === 0;
}
