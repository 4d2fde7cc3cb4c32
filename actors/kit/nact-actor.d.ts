// The parts of nact's inside that nact-engine.io.ts uses or replaces; nact declares no types for them.

declare module 'nact/lib/system-map.js' {
  export interface InsideReference {
    readonly system: { readonly name: string };
  }
  interface ConcreteActor {
    readonly stopped: boolean;
    dispatch(message: unknown, sender: unknown): void;
  }
  const systemMap: { find(system: string, reference: unknown): ConcreteActor };
  export default systemMap;
}
