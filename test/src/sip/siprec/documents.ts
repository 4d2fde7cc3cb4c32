// Metadata documents of one call, as clients of different make write them: Alice (1001) on label 1, Bob (1002) on label 2.

const rfcBody = `
  <group group_id="g1"><associate-time>2030-01-01T10:00:00Z</associate-time></group>
  <session session_id="s1"><sipSessionID>abc;remote=def</sipSessionID><group-ref>g1</group-ref>
    <start-time>2030-01-01T10:00:00Z</start-time></session>
  <participant participant_id="p1"><nameID aor="sip:1001@example.com"><name xml:lang="en">Alice Adams</name></nameID></participant>
  <participant participant_id="p2"><nameID aor="sip:1002@example.com;user=phone"><name>Bob &amp; B&#xF6;b</name></nameID></participant>
  <stream stream_id="m1" session_id="s1"><label>1</label></stream>
  <stream stream_id="m2" session_id="s1"><label>2</label></stream>
  <sessionrecordingassoc session_id="s1"><associate-time>2030-01-01T10:00:00Z</associate-time></sessionrecordingassoc>
  <participantsessionassoc participant_id="p1" session_id="s1"><associate-time>2030-01-01T10:00:00Z</associate-time></participantsessionassoc>
  <participantsessionassoc participant_id="p2" session_id="s1"><associate-time>2030-01-01T10:00:00Z</associate-time></participantsessionassoc>
  <participantstreamassoc participant_id="p1"><send>m1</send><recv>m2</recv></participantstreamassoc>
  <participantstreamassoc participant_id="p2"><send>m2</send><recv>m1</recv></participantstreamassoc>`;

/** A complete document of RFC 7865. */
export const rfc = `<?xml version="1.0" encoding="UTF-8"?>
<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>complete</datamode>${rfcBody}
</recording>`;

/** The same with every element and attribute name prefixed. */
export const prefixed = `\r\n${rfc
  .replaceAll(/<(\/?)(?!\?)/g, '<$1rec:')
  .replace('xmlns=', 'xmlns:rec=')
  .replaceAll(/ (participant_id|session_id|stream_id|aor)=/g, ' rec:$1=')}`;

/** Oracle: no version in the namespace, `id` and `session`, `<send>` within the participant. */
export const oracle = `<?xml version='1.0' encoding='UTF-8'?>
<recording xmlns='urn:ietf:params:xml:ns:recording'>
 <datamode>complete</datamode>
 <session id="s1"><associate-time>2030-01-01T10:00:00</associate-time>
  <extensiondata xmlns:v="http://vendor.example/x"><v:callerOrig>true</v:callerOrig></extensiondata></session>
 <participant id="p1" session="s1"><nameID aor="sip:1001@10.0.0.1"><name>Alice Adams</name></nameID>
  <send>m1</send><associate-time>2030-01-01T10:00:00</associate-time></participant>
 <participant id="p2" session="s1"><nameID aor="sip:1002@10.0.0.1"><name>1002</name></nameID>
  <send>m2</send><associate-time>2030-01-01T10:00:00</associate-time></participant>
 <stream id="m1" session="s1"><label>1</label><mode>separate</mode></stream>
 <stream id="m2" session="s1"><label>2</label><mode>separate</mode></stream>
</recording>`;

/** BroadWorks: another root, `urn:uuid:` ids, `<aor>`, `<send><id>`, one mixed stream. */
export const broadworks = `<?xml version="1.0" encoding="UTF-8"?><recording_metadata xmlns="urn:ietf:params:xml:ns:siprec">
<dataMode>complete</dataMode><recording id="urn:uuid:r1"><requestor>SRC</requestor><type>selective</type></recording>
<group id="urn:uuid:g1" recording="urn:uuid:r1"><initiator>sip:1001</initiator></group>
<session id="urn:uuid:s1" group="urn:uuid:g1"><start-time>2030-01-01T10:00:00+01:00</start-time></session>
<participant id="urn:uuid:p1" session="urn:uuid:s1"><aor>sip:1001</aor><send><id>urn:uuid:m1</id></send></participant>
<participant id="urn:uuid:p2" session="urn:uuid:s1"><aor>sip:1002@example.com;user=phone</aor><send><id>urn:uuid:m1</id></send></participant>
<stream id="urn:uuid:m1" session="urn:uuid:s1"><label>1</label><mode>mixed</mode></stream>
<extensiondata id="urn:uuid:e1" parent="urn:uuid:s1"><broadWorksRecordingMetadata xmlns="urn:example" version="3.0">
<recordingType>on</recordingType></broadWorksRecordingMetadata></extensiondata></recording_metadata>`;

/** Participants and streams within their session. */
export const nested = `<recording xmlns="urn:ietf:params:xml:ns:recording:1"><session session="s1">
<participant id="p1" name="Alice Adams"><aor>sip:1001@example.com</aor><send>m1</send></participant>
<participant id="p2"><aor>tel:1002</aor><send>m2</send></participant>
<stream streamid="m1" label="1"/><stream streamid="m2" label="2"/></session></recording>`;

/** A partial document around some elements. */
export function partial(elements: string): string {
  return `<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>partial</datamode>${elements}</recording>`;
}

/** A complete document around some elements. */
export function complete(elements: string): string {
  return `<recording xmlns="urn:ietf:params:xml:ns:recording:1"><datamode>complete</datamode>${elements}</recording>`;
}
