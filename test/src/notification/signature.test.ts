import { describe, expect, it } from 'vitest';
import { isSigned, signedHeaders } from '#src/notification';

describe('a signed webhook', () => {
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

  it('R-NOT-2: is signed as Standard Webhooks says: their published example', () => {
    const headers = signedHeaders('msg_p5jXN8AQM9LWM0D4loKWxJek', '{"test": 2432232314}', secret, 1_614_265_330_000);
    expect(headers['webhook-signature']).toBe('v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
    expect(headers['webhook-timestamp']).toBe('1614265330');
  });

  it('R-NOT-2: is refused when anything of it was changed, or when it is old', () => {
    const nowMs = 1_700_000_000_000;
    const headers = signedHeaders('id/1', '{}', secret, nowMs);
    expect(isSigned(headers, '{}', secret, nowMs + 60_000)).toBe(true);
    expect(isSigned(headers, '{ }', secret, nowMs)).toBe(false);
    expect(isSigned(headers, '{}', 'another secret of ours', nowMs)).toBe(false);
    expect(isSigned({ ...headers, 'webhook-id': 'id/2' }, '{}', secret, nowMs)).toBe(false);
    expect(isSigned({ ...headers, 'webhook-timestamp': '1700000001' }, '{}', secret, nowMs)).toBe(false);
    expect(isSigned(headers, '{}', secret, nowMs + 301_000)).toBe(false);
  });
});
