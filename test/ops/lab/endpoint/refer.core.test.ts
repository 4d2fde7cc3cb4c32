import { describe, expect, it } from 'vitest';
import { referTarget, replacedBy, replacing } from '#ops/lab/endpoint';

const dialog = { callId: '425928@bobster.example.org', toTag: '7743', fromTag: '6472' };

describe('REFER with Replaces', () => {
  it('R-CTI-4: a dialog is named in a Refer-To as RFC 5589 has it, and read again', () => {
    const uri = replacing('sip:3557@switch:5060', dialog);
    expect(uri).toBe('sip:3557@switch:5060?Replaces=425928%40bobster.example.org%3Bto-tag%3D7743%3Bfrom-tag%3D6472');
    expect(replacedBy(referTarget(`"Bob" <${uri}>`)!)).toEqual(dialog);
  });

  it.each([
    ['the order of its parameters', 'a%3Bfrom-tag%3D6472%3Bto-tag%3D7743', { ...dialog, callId: 'a' }],
    ['other headers', 'a%3Bto-tag%3D7743%3Bfrom-tag%3D6472&Require=replaces', { ...dialog, callId: 'a' }],
    ['early-only', 'a%3Bto-tag%3D7743%3Bfrom-tag%3D6472%3Bearly-only', { ...dialog, callId: 'a' }],
    ['a tag that is missing', 'a%3Bto-tag%3D7743', undefined],
    ['an escape that is none', 'a%ZZ', undefined],
  ])('R-CTI-4: %s', (_, header, expected) => {
    expect(replacedBy(`sip:3557@switch?Replaces=${header}`)).toEqual(expected);
  });

  it('R-CTI-4: a URI without it names nobody to be replaced', () => {
    expect(replacedBy('sip:3557@switch')).toBeUndefined();
  });
});
