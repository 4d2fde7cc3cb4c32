// A configuration as it may be shown: secrets hidden. Pure.

const secretNames = /secret|password|token/i;

/** A copy in which every secret that is set is `(hidden)`. */
export function redacted<T>(value: T): T {
  if (Array.isArray(value)) return value.map(redacted) as T;
  if (typeof value === 'string') return withoutPassword(value) as T;
  if (typeof value !== 'object' || value === null) return value;
  const shown = Object.entries(value).map(([key, one]) => {
    const isSecret = secretNames.test(key) && typeof one === 'string' && one !== '';
    return [key, isSecret ? '(hidden)' : redacted(one)];
  });
  return Object.fromEntries(shown) as T;
}

/** Of a URL that names who logs in: `redis://user:password@host`. */
function withoutPassword(text: string): string {
  return text.replace(/^([a-z]+:\/\/)[^/]*@/i, '$1(hidden)@');
}
