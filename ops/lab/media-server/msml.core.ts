// What a SIP INFO asks of a leg: MSML in the manner of RFC 5707, with the recorder element of this lab.
//
//   <msml version="1.1">
//     <dialogstart target="conn:3556" name="rec" type="application/x-twinreel-recorder+xml">
//       <recorder state="start"> <param name="id" value="…"/> … </recorder>      start, pause, resume
//     </dialogstart>
//     <dialogend id="rec"/>                                                      the end
//   </msml>
//
// a sound that a leg hears over and over, until its end:
//
//   <msml version="1.1">
//     <dialogstart target="conn:3556" name="ring" type="application/moml+xml">
//       <play> <audio uri="file://music/ring_back"/> </play>
//     </dialogstart>
//   </msml>
//
// and what the media server says by itself of a dialog that came to an end:
//
//   <msml version="1.1">
//     <event name="msml.dialog.exit" id="conn:3556/dialog:rec"> <name>reason</name> <value>…</value> </event>
//   </msml>
//
// Never acts; hostile XML (document types, entities, depth, size) is refused before it is read.

import { messageOf } from '#src/errors';
import { attribute, childrenNamed, parseXml, type XmlElement } from '#src/sip/siprec';

/** What is asked for, or why it is refused. */
export type MsmlRequest =
  | {
      readonly type: 'start';
      readonly dialog: string;
      /** The DN of the leg that is to be recorded. */
      readonly target: string;
      /** By name in lower case: `id`, `calluuid`, `recorddn`, `dn`, `otherdn`, `recdest`, `recdest2`; empty ones left out. */
      readonly parameters: ReadonlyMap<string, string>;
    }
  | {
      readonly type: 'pause' | 'resume';
      readonly dialog: string;
      readonly target: string;
      /** The recording's id; without it the dialog's name says which. */
      readonly id?: string;
    }
  | { readonly type: 'play'; readonly dialog: string; readonly target: string; readonly uri: string }
  | { readonly type: 'stop'; readonly dialog: string }
  | { readonly type: 'refused'; readonly status: 400 | 415; readonly reason: string };

export const msmlType = 'application/msml+xml';

/** Of an INFO that says that a dialog has ended by itself (RFC 5707 §6.5). */
export function exitMsml(dn: string, dialog: string, reason: string): string {
  const [id, value] = [`conn:${dn}/dialog:${dialog}`, reason].map((text) =>
    text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`),
  );
  return `<msml version="1.1"><event name="msml.dialog.exit" id="${id}"><name>reason</name><value>${value}</value></event></msml>`;
}

const contentType = /^application\/msml\+xml\s*(;|$)/i;
const states = ['start', 'pause', 'resume'] as const;
const parametersMax = 64;
const valueCharactersMax = 1_024;

/** Reads the body of an INFO. */
export function parseMsml(type: string | undefined, body: string): MsmlRequest {
  if (!contentType.test(type ?? '')) {
    return { type: 'refused', status: 415, reason: `Content-Type ${type ?? '(none)'}; application/msml+xml is read` };
  }
  let root: XmlElement;
  try {
    root = parseXml(body, 'MSML');
  } catch (error) {
    return refused(messageOf(error));
  }
  const [first, second] = root.children;
  if (root.name !== 'msml' || !first)
    return refused(`<${root.name}> with nothing to do; <msml> with one request is read`);
  if (second) return refused(`<${first.name}> and <${second.name}>: one request at a time`);
  if (first.name === 'dialogstart') return startRequest(first);
  if (first.name !== 'dialogend') return refused(`<${first.name}>; <dialogstart> and <dialogend> are known`);
  // RFC 5707 §6.1 writes the whole name: conn:3556/dialog:rec.
  const dialog = attribute(first, 'id')?.replace(/^.*dialog:/, '');
  return dialog === undefined ? refused('<dialogend> without id') : { type: 'stop', dialog };
}

function startRequest(start: XmlElement): MsmlRequest {
  const target = /^conn:(.+)$/.exec(attribute(start, 'target') ?? '')?.[1];
  if (target === undefined) return refused(`target ${attribute(start, 'target') ?? '(none)'}; conn:<DN> is needed`);
  const [recorder] = childrenNamed(start, 'recorder');
  const [play] = childrenNamed(start, 'play');
  if (recorder) return recorderRequest(recorder, attribute(start, 'name') ?? 'rec', target);
  if (!play) return refused('<dialogstart> without <recorder> or <play>');
  const sounds = childrenNamed(play, 'audio').map((audio) => attribute(audio, 'uri'));
  const [uri] = sounds;
  if (uri === undefined || sounds.length > 1) return refused('<play> with one <audio uri="…"/> is read');
  return { type: 'play', dialog: attribute(start, 'name') ?? 'play', target, uri };
}

function recorderRequest(recorder: XmlElement, dialog: string, target: string): MsmlRequest {
  const asked = attribute(recorder, 'state');
  const state = states.find((one) => one === asked);
  if (!state) return refused(`recorder state ${asked ?? '(none)'}; ${states.join(', ')} are known`);
  const written = childrenNamed(recorder, 'param');
  if (written.length > parametersMax) return refused(`${written.length} parameters; at most ${parametersMax} are read`);
  const parameters = new Map(
    written.flatMap((one): [string, string][] => {
      const [name, value] = [attribute(one, 'name'), attribute(one, 'value')];
      return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value]];
    }),
  );
  const tooLong = [...parameters].find(([, value]) => value.length > valueCharactersMax);
  if (tooLong)
    return refused(`${tooLong[0]} has ${tooLong[1].length} characters; at most ${valueCharactersMax} are read`);
  if (state === 'start') return { type: 'start', dialog, target, parameters };
  const id = parameters.get('id');
  return { type: state, dialog, target, ...(id !== undefined && { id }) };
}

function refused(reason: string): MsmlRequest {
  return { type: 'refused', status: 400, reason };
}
