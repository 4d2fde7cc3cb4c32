// Orders for a stream that is still being opened: its sockets are on their way from the keeper.

import { describe, expect, it } from 'vitest';
import { defaults, payloads, startCapture } from './fixture.ts';

describe('a stream that is being opened', () => {
  it('R-REC-6: and is paused meanwhile records nothing', async () => {
    const { sender, connect, read } = await startCapture();
    const client = await connect();
    const [target] = await Promise.all([client.open({ ...defaults, stream: 'card' }), client.pause('card')]);
    await sender.send('card', target);
    expect((await client.close('card')).counters).toMatchObject({ packets: 0, paused: 1 });
    expect(payloads(await read('card'), 'card')).toEqual([]);
  });

  it('R-REC-6: paused, and is resumed meanwhile, records', async () => {
    const { sender, connect, read } = await startCapture();
    const client = await connect();
    const opening = client.open({ ...defaults, stream: 'card', paused: true });
    const [target] = await Promise.all([opening, client.resume('card')]);
    await sender.send('card', target);
    await client.close('card');
    expect(payloads(await read('card'), 'card')).toEqual(sender.ledger('card'));
  });

  it('R-SIP-3: and is closed meanwhile, as its call was cancelled, is closed', async () => {
    const { connect } = await startCapture();
    const client = await connect();
    await Promise.all([client.open({ ...defaults, stream: 'gone' }), client.close('gone')]);
    expect(await client.list()).toEqual([]);
  });
});
