// What a tenant knows its DNs and its actors by.

/** Two switches may have the same number. */
export function keyOf(switchName: string, number: string): string {
  return `${switchName}/${number}`;
}

/** Numbers and names of the telephony side may hold anything. */
export function actorName(kind: string, named: string): string {
  return `${kind}:${encodeURIComponent(named).slice(0, 180)}`;
}
