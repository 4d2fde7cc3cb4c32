// Parameters after a `;` (RFC 3261 §25.1 generic-param): of Via, of addresses, of URIs. Values are kept as written, quotes included.

/** A parameter; no value means it stood without `=`. */
export type Parameter = readonly [name: string, value?: string];

/** Reads `;a=1;b;c="x;y"`. Empty parts are dropped, names compare ignoring case later on. */
export function parseParameters(text: string): Parameter[] {
  const parameters: Parameter[] = [];
  for (const part of splitAtSemicolons(text)) {
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).trim();
    if (name === '') continue;
    parameters.push(equals < 0 ? [name] : [name, part.slice(equals + 1).trim()]);
  }
  return parameters;
}

/** Writes parameters with their leading `;`. */
export function formatParameters(parameters: readonly Parameter[]): string {
  return parameters.map(([name, value]) => (value === undefined ? `;${name}` : `;${name}=${value}`)).join('');
}

/** The value of a parameter; '' when it stands without one, undefined when it is not there. */
export function parameterValue(parameters: readonly Parameter[], wanted: string): string | undefined {
  for (const [name, value] of parameters) if (name.toLowerCase() === wanted) return value ?? '';
  return undefined;
}

/** The parameters with one of them set, in its place or at the end. */
export function withParameter(parameters: readonly Parameter[], wanted: string, value: string): Parameter[] {
  const isThere = parameters.some(([name]) => name.toLowerCase() === wanted);
  if (!isThere) return [...parameters, [wanted, value]];
  return parameters.map((one) => (one[0].toLowerCase() === wanted ? [one[0], value] : one));
}

function splitAtSemicolons(text: string): string[] {
  if (!text.includes('"')) return text.split(';');
  const parts: string[] = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (quoted && character === '\\') at += 1;
    else if (character === '"') quoted = !quoted;
    else if (character === ';' && !quoted) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}
