import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMsml } from '../../../../ops/lab/media-server/msml.core.ts';
import { playMsml, recorderMsml, stopMsml } from './exchange.ts';

const msml = (body: string) => parseMsml('application/msml+xml', body);

describe('MSML', () => {
  it('starts a recording with its parameters, by names in lower case, empty ones left out', () => {
    expect(msml(recorderMsml('3556', 'start', { id: 'rec&#45;1', recordDN: '3556', recdest2: '' }))).toEqual({
      type: 'start',
      dialog: 'rec',
      target: '3556',
      parameters: new Map([
        ['id', 'rec-1'],
        ['recorddn', '3556'],
      ]),
    });
  });

  it('pauses and resumes by id or by name, and stops by name, in full or short', () => {
    expect(msml(recorderMsml('3556', 'pause', { id: 'r' }))).toMatchObject({ type: 'pause', dialog: 'rec', id: 'r' });
    expect(msml(recorderMsml('3556', 'resume'))).toEqual({ type: 'resume', dialog: 'rec', target: '3556' });
    expect(msml(stopMsml)).toEqual({ type: 'stop', dialog: 'rec' });
    expect(msml('<msml><dialogend id="conn:3556/dialog:rec"/></msml>')).toEqual({ type: 'stop', dialog: 'rec' });
  });

  it('plays a sound to a leg', () => {
    expect(msml(playMsml('3556', 'file://music/ring_back'))).toEqual({
      type: 'play',
      dialog: 'ring',
      target: '3556',
      uri: 'file://music/ring_back',
    });
  });

  it.each([
    ['not well-formed', '<msml><dialogend></msml>', /^MSML: line 1/],
    ['a document type', '<!DOCTYPE msml SYSTEM "file:///etc/passwd"><msml/>', /document types/],
    ['an entity of its own', '<!DOCTYPE msml [<!ENTITY a "aaaa">]><msml>&a;</msml>', /entities/],
    ['too large', `<msml>${' '.repeat(70_000)}</msml>`, /at most 65536/],
    ['too deep', `<msml>${'<a>'.repeat(60)}${'</a>'.repeat(60)}</msml>`, /./],
    ['another root', '<sip/>', /<sip>/],
    ['nothing', '<msml/>', /nothing to do/],
    ['two at once', '<msml><dialogend id="a"/><dialogend id="b"/></msml>', /one request/],
    ['something else', '<msml><play/></msml>', /<play>/],
    ['no target', '<msml><dialogstart name="rec"><recorder state="start"/></dialogstart></msml>', /conn:<DN>/],
    ['nothing to start', '<msml><dialogstart target="conn:1"/></msml>', /without <recorder> or <play>/],
    ['no sound', '<msml><dialogstart target="conn:1"><play/></dialogstart></msml>', /one <audio uri=/],
    ['another state', recorderMsml('1', 'rewind'), /rewind.*start, pause, resume/],
    ['a long value', recorderMsml('1', 'start', { id: 'x'.repeat(1_025) }), /1025 characters/],
  ])('refuses %s with a reason', (_, body, reason) => {
    expect(msml(body)).toMatchObject({ type: 'refused', status: 400, reason: expect.stringMatching(reason) });
  });

  it('no body makes it throw', () => {
    const torn = fc
      .tuple(fc.constantFrom(recorderMsml('1', 'start', { id: 'a' }), stopMsml), fc.nat(300), fc.string())
      .map(([whole, at, between]) => whole.slice(0, at) + between + whole.slice(at));
    fc.assert(
      fc.property(fc.oneof(fc.string(), torn), (body) => {
        expect(['start', 'pause', 'resume', 'stop', 'refused']).toContain(msml(body).type);
      }),
      { seed: 7, numRuns: process.env['TWINREEL_FULL'] ? 5_000 : 200 },
    );
  });

  it('refuses other bodies with 415', () => {
    expect(parseMsml('application/dtmf-relay', 'Signal=1')).toMatchObject({ type: 'refused', status: 415 });
    expect(parseMsml(undefined, '')).toMatchObject({ type: 'refused', status: 415 });
    expect(parseMsml('Application/MSML+XML; charset=utf-8', stopMsml).type).toBe('stop');
  });
});
