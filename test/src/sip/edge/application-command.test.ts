import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCommand } from '../../../../src/sip/edge/application-command.ts';

describe('R-SIP-4: commands of applications', () => {
  it.each([
    ['m|authenticate|s3cret|a,b', { type: 'authenticate', id: 'm', secret: 's3cret', tags: ['a', 'b'] }],
    ['m|authenticate|s3cret|', { type: 'authenticate', id: 'm', secret: 's3cret', tags: [] }],
    ['m|authenticate', { type: 'authenticate', id: 'm', secret: '', tags: [] }],
    ['m|route|invite', { type: 'route', id: 'm', verb: 'invite' }],
    ['m|route|', { type: 'invalid', id: 'm', reason: 'Invalid message format' }],
    ['m|remove_route|info', { type: 'remove-route', id: 'm', verb: 'info' }],
    ['m|ping', { type: 'ping', id: 'm' }],
    ['m|room', { type: 'room', id: 'm', room: undefined }],
    ['m|room|3|5', { type: 'room', id: 'm', room: { calls: 3, retryAfterSeconds: 5 } }],
    ['m|room|3', { type: 'invalid', id: 'm', reason: 'Invalid message format' }],
    ['m|room|-1|5', { type: 'invalid', id: 'm', reason: 'Invalid message format' }],
    ['m|room|many|5', { type: 'invalid', id: 'm', reason: 'Invalid message format' }],
    ['m|proxy|t||full', { type: 'proxy', id: 'm', transactionId: 't' }],
    ['m|nonsense|x', { type: 'invalid', id: 'm', reason: 'Unknown message type' }],
    ['m', { type: 'invalid', id: 'm', reason: 'Invalid message format' }],
    ['m|sip|t|d', { type: 'invalid', id: 'm', reason: 'Invalid message format' }],
  ])('%s', (payload, command) => {
    expect(readCommand(Buffer.from(payload))).toEqual(command);
  });

  it('a SIP message with where it belongs', () => {
    expect(readCommand(Buffer.from('m|sip|t|c;from-tag=x|sip:192.0.2.1\r\nBYE sip:a SIP/2.0\r\n\r\n'))).toEqual({
      type: 'sip',
      id: 'm',
      transactionId: 't',
      dialogId: 'c;from-tag=x',
      routeUri: 'sip:192.0.2.1',
      message: Buffer.from('BYE sip:a SIP/2.0\r\n\r\n'),
    });
    expect(readCommand(Buffer.from('m|sip||\r\nOPTIONS'))).toMatchObject({
      transactionId: '',
      dialogId: '',
      routeUri: '',
    });
  });

  it('any bytes are some command', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(readCommand(Buffer.from(bytes)).type).toBeTypeOf('string');
      }),
      { seed: 4, numRuns: 300 },
    );
  });
});
