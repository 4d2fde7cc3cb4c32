// Which DNs of each site are watched, and which of them are registered at its telephony server, as its link tells. Pure.

interface Known {
  readonly wanted: ReadonlySet<string>;
  readonly registered: Set<string>;
}

export class Registered {
  readonly #sites = new Map<string, Known>();
  #version = 0;

  /** Another one whenever anything has changed. */
  get version(): number {
    return this.#version;
  }

  /** What is watched from now on, by site; false when it was so before. */
  want(sites: ReadonlyMap<string, ReadonlySet<string>>): boolean {
    const isSame = ([site, dns]: [string, ReadonlySet<string>]) => {
      const wanted = this.#sites.get(site)?.wanted;
      return wanted?.size === dns.size && [...dns].every((dn) => wanted.has(dn));
    };
    if (this.#sites.size === sites.size && [...sites].every(isSame)) return false;
    this.#version += 1;
    for (const site of this.#sites.keys()) if (!sites.has(site)) this.#sites.delete(site);
    for (const [site, wanted] of sites) {
      const registered = [...(this.#sites.get(site)?.registered ?? [])].filter((dn) => wanted.has(dn));
      this.#sites.set(site, { wanted, registered: new Set(registered) });
    }
    return true;
  }

  wants(site: string, dn: string): boolean {
    return this.#sites.get(site)?.wanted.has(dn) ?? false;
  }

  /** A link came or went: nothing is registered. */
  lost(site: string): void {
    this.#version += 1;
    this.#sites.get(site)?.registered.clear();
  }

  stands(site: string, dn: string): void {
    const known = this.#sites.get(site);
    if (!known?.wanted.has(dn) || known.registered.has(dn)) return;
    this.#version += 1;
    known.registered.add(dn);
  }

  /** The server has answered for each of `count` DNs: those it refused it refuses to anybody. */
  settled(site: string, count: number): void {
    const known = this.#sites.get(site);
    if (known?.wanted.size !== count) return;
    this.#version += 1;
    for (const dn of known.wanted) known.registered.add(dn);
  }

  /** Of these DNs, every one that is watched is registered. */
  has(site: string, dns: readonly string[]): boolean {
    const known = this.#sites.get(site);
    return known !== undefined && dns.every((dn) => known.registered.has(dn) || !known.wanted.has(dn));
  }
}
