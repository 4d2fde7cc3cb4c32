import { describe, expect, it } from 'vitest';
import { messageLeader, timeOfDay } from '../../../../src/sip/edge/application-event.ts';

describe('R-SIP-4: what applications are told', () => {
  it.each([
    [0, '00:00:00.000000'],
    [Date.UTC(2026, 0, 1, 15, 25, 11, 843) + 0.271, '15:25:11.843271'],
    [Date.UTC(2026, 0, 1, 23, 59, 59, 999) + 0.9996, '23:59:59.999999'],
  ])('%d is %s', (timeMs, text) => {
    // The fraction of a double of this size is good to a fraction of a microsecond.
    const [whole, micros] = [timeOfDay(timeMs).slice(0, 9), Number(timeOfDay(timeMs).slice(9))];
    expect(whole).toBe(text.slice(0, 9));
    expect(Math.abs(micros - Number(text.slice(9)))).toBeLessThanOrEqual(1);
  });

  it('a message of nobody has no address', () => {
    const note = { bytes: 0, protocol: 'udp', peer: undefined, timeMs: 0, transactionId: 't', dialogId: '' };
    expect(messageLeader('e', 'network', note)).toBe('e|sip|network|0|udp||0|00:00:00.000000|t||');
  });
});
