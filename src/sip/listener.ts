// Where SIP is listened for. UDP and TCP belong together on one port (RFC 3261 §18.2.1), also when the port is any free one.

/** A place to listen at. Port 0 is any free one; UDP and TCP of one address then take the same. */
export interface SipListener {
  readonly transport: 'udp' | 'tcp' | 'tls';
  readonly address: string;
  readonly port: number;
  /** What peers are told; default is the address, or for "any address" the first of this machine. */
  readonly advertisedAddress?: string | undefined;
}

/** Draws of a port that is free for UDP but not for TCP. */
const drawsMax = 20;

/**
 * Opens every listener, in order, or none. Rejects with what `open` rejects with. A listener without a port is open already.
 */
export async function openListeners<
  Wanted extends { readonly transport: SipListener['transport']; readonly address?: string; readonly port?: number },
  Opened extends { readonly port: number },
>(
  listeners: readonly Wanted[],
  open: (listener: Wanted) => Promise<Opened>,
  close: (opened: Opened) => void | Promise<void>,
): Promise<Opened[]> {
  for (let draw = 1; ; draw += 1) {
    const opened: Opened[] = [];
    const drawn = new Map<string | undefined, number>();
    let port: number | undefined;
    try {
      for (const listener of listeners) {
        const isDrawn = listener.port === 0 && listener.transport !== 'tls';
        port = isDrawn ? drawn.get(listener.address) : undefined;
        const one = await open(port === undefined ? listener : { ...listener, port });
        opened.push(one);
        if (isDrawn) drawn.set(listener.address, one.port);
      }
      return opened;
    } catch (error) {
      for (const one of opened) await close(one);
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || port === undefined || draw === drawsMax) throw error;
    }
  }
}
