// The one table of stable error codes: what an operator may see, search for and script against.
// A code never changes its meaning; a retired code is never used again.

export const codes = {
  'config-unreadable': 'The configuration file cannot be read or is not YAML.',
  'config-invalid': 'A setting is not allowed; the message names its path, its value and what is allowed.',
  'dn-range-invalid': 'A DN range is not allowed; the message names the item and what is allowed.',
  'dn-mask-invalid': 'A mask of numbers is not allowed; the message names it and what is allowed.',
  'rules-unreadable': 'The rules file cannot be read or is not YAML.',
  'rules-invalid': 'A rule is not allowed; the message names its path, its value and what is allowed.',
  'sdp-invalid': 'A session description cannot be read, or describes more than can be handled.',
  'metadata-unreadable':
    'Recording metadata of a SIPREC client cannot be read or is not allowed; the call is recorded without it.',
  'journal-record-too-large': 'A record is larger than a journal block may be.',
  'journal-write-failed': 'The journal cannot be written; records wait in memory up to a bound.',
  'journal-sync-failed': 'A sync of the journal failed: what it should have made durable may be lost with the power.',
  'journal-unreadable':
    'A file is not a journal segment, or its header is damaged; or a folder that should hold segments does not.',
  'finishing-ended': 'The thread that makes recordings ended; what it had in hand is tried again.',
  'journal-key-unusable': 'A journal key cannot be read or does not open this segment.',
  'sip-malformed': 'A SIP message cannot be read; the message says where it stopped making sense.',
  'frame-invalid':
    'A peer sent bytes that are no frame (a length, then JSON) or a frame too long; its connection is closed.',
  'link-refused':
    'The other end of a link between a recorder and a core is not who it should be, or speaks another version.',
  'cluster-founded': 'This machine holds the authority of a cluster already.',
  'cluster-not-founded': 'This node is in no cluster, or does not hold its authority: it can invite nobody.',
  'node-certified': 'This node has a certificate of a cluster already.',
  'node-has-recorded':
    'This node has a journal key of its own; in a cluster all nodes have one, and recordings may need the old one.',
  'invitation-invalid': 'What was given is no invitation, or it is for another node.',
  'invitation-expired': 'The node that was invited has not come in time.',
  'join-refused': 'The machine that has invited does not answer, is another one, or does not know the invitation.',
  'openssl-failed': 'openssl is not installed, or could not write a certificate.',
  'core-unreachable': 'No core answers at its control socket: it is down, or the user may not open it.',
  'redis-unreachable': 'The Redis of the cluster does not answer, or none is configured.',
  'couple-unknown': 'No couple of that name is known to this core.',
  'call-unknown': 'No call of that name stands in the ledger of this core, or several do.',
  'link-lost': 'A link between a recorder and a core ended, or no answer came over it in time.',
  'transfer-refused':
    'The other end of a transfer of recordings is not who it should be, or what it offers or confirms is not what it says.',
  'transfer-damaged': 'A file of a recording that was fetched is not what its manifest says; it is fetched again.',
  'mandate-stale':
    'A command came under a lease that somebody else has taken over since; the recorder does not obey it.',
  'edge-frame-invalid':
    'An application sent bytes that are no frame of the application protocol; its connection is closed.',
  'actor-ask-timed-out': 'An actor did not answer in time; the message names the actor and the time.',
  'actor-unavailable': 'An actor cannot answer: it is stopped, has crashed, or its mailbox is full.',
  'edge-refused': 'The SIP edge refused this application or a request of it.',
  'edge-away': 'The SIP edge is away, and a request could not be given to it.',
  'dialog-unknown': 'The SIP edge knows no dialog of that name: it was never answered, or is over.',
  'answer-lost': 'The SIP edge was lost with an answer to an INVITE, and nobody asks for the answer again.',
  'dialog-gone': 'The SIP request that was to be answered is gone: cancelled, timed out, or its edge was restarted.',
  'pcap-unreadable': 'A file is not a classic pcap file of a link type that is read.',
  'rtpdump-unreadable': 'A file is not an rtpdump file.',
  'sip-tls-unusable': 'A certificate, key or list of authorities for SIP over TLS cannot be read.',
  'peaks-unreadable': 'A file is not a file of peaks, or ends too early.',
  'wav-too-long': 'A recording is longer than the 32-bit sizes of a WAV file can say.',
  'wav-unreadable': 'A file is not a WAV file of a kind that is read: 16-bit PCM, A-law or mu-law.',
  'msr-call-refused': 'The recorder refused an INVITE of the stand-in for a media server, or did not answer it.',
  'rtp-ports-exhausted': 'No free RTP port pair is left in the configured range.',
  'streams-exhausted': 'capture holds as many streams as it may.',
  'disk-full': 'The disk of the journal has no room for another segment: streams that run go on, new ones are refused.',
  'stream-unknown': 'No stream of this id is open.',
  'capture-request-invalid':
    'A request on the control socket of capture is not allowed by its schema, or is out of turn.',
  'capture-version-unknown': 'Client and capture speak different versions of the control protocol.',
  'capture-fenced': 'A newer owner has taken over capture; this connection may no longer command it.',
  'capture-unreachable': 'The control socket of capture cannot be reached, or the connection has ended.',
  'capture-timed-out': 'capture did not answer a request in time.',
  'process-options-invalid': 'A process was started with options its schema does not allow.',
  'recording-unknown': 'No finished recording of this node has that take or recording id.',
  'recording-destroyed':
    'The media of a recording was destroyed, by a rule or because nobody asked to keep it; its metadata is kept.',
  'recording-ambiguous': 'A recording id has several takes; the message lists them.',
  'path-too-long': 'A folder leaves no room for the names of Unix sockets below it.',
  'already-running': 'A cluster of this data folder runs already.',
  'start-failed': 'A process of the cluster did not come up; the message names it and its log.',
  'recorder-unreachable': 'The recorder of this node does not answer on its control socket.',
  'replay-unreachable': 'The replay of this node does not answer on its control socket.',
  'resource-manager-unreachable': 'The resource manager of this node does not answer on its control socket.',
  'open-files-too-few': 'This process may open fewer files than its streams need; the message names the fix.',
  'keeper-heir-failed':
    'A keeper that was to be reloaded goes on as it is: its heir did not come up or did not take over.',
  'cti-message-malformed':
    'A message of the telephony server (or, at a server, of a client) is not allowed by its schema; it is left out.',
  'cti-unreachable':
    'No telephony server of the list can be reached, or the link to it was lost; the message says why.',
  'cti-refused': 'The telephony server refused a request, with the error number and text in the message.',
  'cti-timed-out': 'The telephony server did not answer a request in time.',
  'directory-message-malformed':
    'A message of the configuration server, or an object in it, is not allowed by its schema; it is left out.',
  'directory-unreachable':
    'No configuration server of the list can be reached, or the link to it was lost; what is known stays.',
  'directory-refused': 'The configuration server refused a request; the message says why.',
  'directory-timed-out': 'The configuration server did not answer a request in time.',
  'directory-cache-unreadable':
    'The copy of the directory on disk cannot be read or written; the server is asked instead.',
  'directory-site-invalid': 'A site in YAML is not allowed; the message names every object and why.',
  'bench-impossible': 'A bench cannot be done: what it needs is not there, or did not come up; the message says what.',
  'rtpengine-missing':
    'rtpengine, which a bench was to be held against, is not installed; the message says how to install it.',
  'drill-impossible': 'A step of a drill cannot be done: what it needs is not there, or did not come in time.',
  'drill-unknown': 'No drill has that name; the message lists them.',
  'desktop-command-invalid': 'A line typed at an agent desktop is no command of it; the message says what is wanted.',
  'desktop-call-missing':
    'An agent desktop has no call that a command could be about; the message names those there are.',
  'desktop-wait-over': 'An event that an agent desktop was told to wait for did not come in time.',
  'desktop-server-unknown': 'It is not known at which telephony server a DN is, or where that server is.',
  'scenario-impossible': 'A step of a scenario of the lab cannot be done, or what it waits for did not come in time.',
  'scenario-unknown': 'No scenario of the lab has that name; the message lists them.',
  'request-invalid': 'What was asked for is not allowed by its schema; the message says what is.',
  'not-signed-in': 'This can be asked for only by somebody who is signed in.',
  'sign-in-refused': 'The name or the password is wrong; which of them is not said.',
  'not-allowed': 'Whoever is signed in has too small a role for this.',
  'request-forged': 'A page of another site asked for a change in the name of whoever is signed in here.',
  'nothing-here': 'There is no such thing, or it is of a tenant that is none of the business of whoever asks.',
  'too-many-requests': 'More was asked for than one may in that time; the answer says when to come again.',
  'range-unsatisfiable': 'A range of bytes was asked for that the audio does not have.',
  'audio-preparing': 'The audio of a conversation is being put together; it can be asked for again in a moment.',
  'audio-undecodable': 'The audio of a conversation is kept, but cannot be played or exported; the message says why.',
  'encoder-failed': 'The program that encodes audio failed; audio for browsers is tried again.',
  'export-ended': 'The thread that makes an export ended before it was done; ask for the export again.',
  'flac-encoder-missing': 'The program flac is not installed where replay runs: FLAC cannot be exported, WAV can.',
  'audio-missing': 'Nothing was recorded of a conversation.',
  'audit-unavailable': 'The audit cannot be written, so nothing that belongs into it is done.',
  'user-unremovable': 'The last admin of every tenant can be neither removed nor made less.',
  'catalogue-unreachable':
    'The database of the catalogue cannot be reached or opened, or has ended; the message says why.',
  'catalogue-owned': 'Another process has the embedded catalogue; the message names it.',
  'catalogue-too-new': 'A newer version has changed the tables of the catalogue; this one does not touch them.',
  'catalogue-timed-out':
    'The catalogue did not answer in time: a search asked for too much, or its database is overloaded.',
  'catalogue-refused': 'The catalogue was asked for something that cannot be; the message shows it.',
} as const;

/** A stable error code of {@link codes}. */
export type Code = keyof typeof codes;
