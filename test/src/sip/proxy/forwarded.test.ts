// Request-URIs at another host.

import { expect, it } from 'vitest';
import { requestUriAt } from '#src/sip/proxy';

it.each([
  [
    'sip:record=1@rm:5070;dn=7001;recordDN=7001',
    'sip:10.0.0.1:5060',
    'sip:record=1@10.0.0.1:5060;dn=7001;recordDN=7001',
  ],
  ['sip:record=1@FIRST;dn=7001', 'sip:rec.example;transport=tcp', 'sip:record=1@rec.example;dn=7001'],
  ['sip:record=1@[::1]:5070', 'sip:[2001:db8::1]:5060', 'sip:record=1@[2001:db8::1]:5060'],
  // Nobody can tell where the id ends and the host begins.
  ['sip:record=2018-02-21:20-14-10.0.0.9:15060', 'sip:10.0.0.1:5060', 'sip:record=2018-02-21:20-14-10.0.0.9:15060'],
])('R-HA-4: %s at %s', (uri, place, expected) => {
  expect(requestUriAt(uri, place)).toBe(expected);
});
