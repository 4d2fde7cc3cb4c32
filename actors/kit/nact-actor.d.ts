// The part of nact's inside that nact-engine.io.ts replaces; nact declares no types for it.

declare module 'nact/lib/actor.js' {
  interface Inside {
    readonly parent?: { readonly reference: unknown };
    readonly path: unknown;
    readonly reference: unknown;
    readonly name: string;
    readonly childReferences: ReadonlyMap<string, unknown>;
    readonly log: unknown;
    createContext(this: Inside, sender: unknown): object;
  }
  const actorModule: { readonly Actor: { readonly prototype: Inside } };
  export default actorModule;
}
