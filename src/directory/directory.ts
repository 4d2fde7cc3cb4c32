// All objects of a configuration server that are known, by kind and DBID. Pure.

import type { CfgObject, ObjectName, ObjectOf } from './objects.schema.ts';

export class Directory {
  readonly #objects = new Map<ObjectName, Map<number, CfgObject['object']>>();

  /** How many objects there are. */
  get size(): number {
    return [...this.#objects.values()].reduce((sum, { size }) => sum + size, 0);
  }

  /** Adds an object, or replaces the one of that kind and DBID. */
  put({ kind, object }: CfgObject): void {
    const known = this.#objects.get(kind);
    if (known) known.set(object.DBID, object);
    else this.#objects.set(kind, new Map([[object.DBID, object]]));
  }

  /** Takes an object out; false when there was none. */
  remove(kind: ObjectName, dbid: number): boolean {
    return this.#objects.get(kind)?.delete(dbid) ?? false;
  }

  get<Name extends ObjectName>(kind: Name, dbid: number): ObjectOf<Name> | undefined {
    return this.#objects.get(kind)?.get(dbid) as ObjectOf<Name> | undefined;
  }

  /** Every object of a kind, in the order in which they came. */
  all<Name extends ObjectName>(kind: Name): ObjectOf<Name>[] {
    return [...(this.#objects.get(kind)?.values() ?? [])] as unknown as ObjectOf<Name>[];
  }

  /** Every object of every kind. */
  objects(): CfgObject[] {
    return [...this.#objects].flatMap(([kind, objects]) =>
      [...objects.values()].map((object) => ({ kind, object }) as CfgObject),
    );
  }
}
