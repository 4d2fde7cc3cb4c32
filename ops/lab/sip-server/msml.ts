// What a SIP Server tells its media server about a party: MSML in an INFO on that party's leg. The recorder element is our own: the
// vendor's is not public.

/** What a recording is asked for with. */
export interface RecorderParameters {
  readonly id?: string;
  readonly calluuid: string;
  /** The party whose leg this is, and for whom the recording was started. */
  readonly recordDN: string;
  readonly dn: string;
  readonly otherDN?: string;
  readonly recdest?: string;
  readonly recdest2?: string;
  readonly recmediactl?: string;
  /** It bears this name, and nothing else by which one could find its call. */
  readonly filename?: string;
}

export const msmlType = 'application/msml+xml';

/** Starts the recording of a leg, or pauses and resumes it. */
export function recorderMsml(
  dn: string,
  state: 'start' | 'pause' | 'resume',
  parameters: Partial<RecorderParameters> = {},
): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '');
  const lines = given.map(([name, value]) => `<param name="${escaped(name)}" value="${escaped(value)}"/>`);
  return [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<msml version="1.1">',
    `<dialogstart target="conn:${escaped(dn)}" name="rec" type="application/x-twinreel-recorder+xml">`,
    `<recorder state="${state}">`,
    ...lines,
    '</recorder>',
    '</dialogstart>',
    '</msml>',
  ].join('\n');
}

/** Whether an INFO of the media server says that the recording of a leg has come to an end (RFC 5707 §6.5). */
export function isRecordingExit(body: string): boolean {
  return /<event\s[^>]*name="msml\.dialog\.exit"/.test(body);
}

/** Has a leg hear a sound over and over (RFC 5707). */
export function playMsml(dn: string, dialog: string, uri: string): string {
  const play = `<play><audio uri="${escaped(uri)}"/></play>`;
  const start = `<dialogstart target="conn:${escaped(dn)}" name="${dialog}" type="application/moml+xml">`;
  return `<?xml version="1.0" encoding="utf-8"?>\n<msml version="1.1">${start}${play}</dialogstart></msml>`;
}

/** Ends what goes on at a leg: `rec` is its recording. */
export function endMsml(dialog: string): string {
  return `<?xml version="1.0" encoding="utf-8"?>\n<msml version="1.1"><dialogend id="${dialog}"/></msml>`;
}

function escaped(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
