// An application without a library: says frames, remembers the payloads it is told. drachtio-srf would trip over some of what
// tests send.

import { once } from 'node:events';
import { connect } from 'node:net';

export interface RawApplication {
  /** SIP requests it was shown, byte by byte as characters. */
  readonly shown: string[];
  say(payload: string): void;
  /** Waits for a payload. */
  told(wanted: (payload: string) => boolean): Promise<string>;
  /** Waits until everything that was for it has come. */
  turn(): Promise<void>;
  close(): void;
}

/** Connects, authenticates and routes the verbs. */
export async function rawApplication(port: number, secret: string, verbs: readonly string[]): Promise<RawApplication> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  const payloads: string[] = [];
  const shown: string[] = [];
  let pending = '';
  let asked = 0;
  socket.on('data', (chunk) => {
    pending += chunk.toString('latin1');
    for (;;) {
      const hash = pending.indexOf('#');
      const end = hash + 1 + Number(pending.slice(0, hash));
      if (hash < 0 || pending.length < end) break;
      const payload = pending.slice(hash + 1, end);
      payloads.push(payload);
      if (payload.split('|', 3)[1] === 'sip') shown.push(payload.slice(payload.indexOf('\r\n') + 2));
      pending = pending.slice(end);
    }
  });
  const say = (payload: string) => {
    const bytes = Buffer.from(payload, 'latin1');
    socket.write(Buffer.concat([Buffer.from(`${bytes.length}#`), bytes]));
  };
  const told = async (wanted: (payload: string) => boolean) => {
    for (;;) {
      const found = payloads.find(wanted);
      if (found !== undefined) return found;
      await once(socket, 'data');
    }
  };
  const ask = (command: string) => {
    asked += 1;
    const id = `ask${asked}`;
    say(`${id}|${command}`);
    return told((payload) => payload.includes(`|response|${id}|`));
  };
  await ask(`authenticate|${secret}|`);
  for (const verb of verbs) await ask(`route|${verb}`);
  return {
    shown,
    say,
    told,
    async turn() {
      await ask('ping');
      payloads.length = 0;
    },
    close: () => void socket.destroy(),
  };
}
