import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '#src/ports';
import { Registrar } from '../../../../ops/lab/sip-server/registrar.ts';

let clock: VirtualClock;
let registrar: Registrar;
beforeEach(() => {
  clock = new VirtualClock();
  registrar = new Registrar(clock);
});
const register = (contact?: string, expires?: string) => registrar.register({ number: '3556', contact, expires });

describe('registrar', () => {
  it('R-LAB-1: a number is called where its phone said last, for as long as it said', () => {
    expect(register('<sip:3556@10.0.0.1:5060>')).toEqual({
      status: 200,
      contact: '<sip:3556@10.0.0.1:5060>;expires=3600',
    });
    expect(register('"A" <sip:a-1@10.0.0.2:5070;transport=udp>;q=1;expires=60', '600')).toEqual({
      status: 200,
      contact: '<sip:a-1@10.0.0.2:5070;transport=udp>;expires=60',
    });
    clock.advance(59_000);
    expect(registrar.placeOf('3556')).toBe('sip:a-1@10.0.0.2:5070;transport=udp');
    expect(register()).toMatchObject({ contact: expect.stringContaining('expires=1') });
    clock.advance(1_000);
    expect([registrar.placeOf('3556'), registrar.placeOf('3557')]).toEqual([undefined, undefined]);
  });

  it.each([
    ['<sip:3556@10.0.0.1>;expires=0', undefined],
    ['<sip:3556@10.0.0.1>', '0'],
    ['*', '0'],
  ])('R-LAB-1: %s with Expires %s takes it back', (contact, expires) => {
    register('<sip:3556@10.0.0.1>');
    expect(register(contact, expires)).toEqual({ status: 200 });
    expect(registrar.placeOf('3556')).toBeUndefined();
  });

  it.each([
    ['*', undefined],
    ['no contact', '60'],
    ['<sip:3556@10.0.0.1>', 'soon'],
  ])('R-LAB-1: %s with Expires %s is refused, and changes nothing', (contact, expires) => {
    register('<sip:3556@10.0.0.1>');
    expect(register(contact, expires)).toEqual({ status: 400 });
    expect(registrar.placeOf('3556')).toBe('sip:3556@10.0.0.1');
  });
});
