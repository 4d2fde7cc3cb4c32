// What was written down of drachtio-server v0.9.10, by number. Every entry has a scenario in this folder that begins with its
// number, or says why it has none.

export interface Transcript {
  readonly number: string;
  readonly about: string;
  readonly withoutScenario?: string;
}

export const transcripts: readonly Transcript[] = [
  { number: '00', about: 'a call of SIPp' },
  { number: '01', about: 'an application authenticates, routes verbs, pings' },
  { number: '02', about: 'it gives its tags' },
  { number: '03', about: 'its secret is wrong' },
  { number: '04', about: 'frames made by hand' },
  { number: '04b', about: 'a connection that never authenticates takes calls' },
  { number: '05', about: 'a call comes in and is ended by the peer' },
  { number: '06', about: 'a call comes in and is ended by the application' },
  { number: '07', about: 'a call is cancelled while it rings' },
  { number: '08', about: 'a call is cancelled before anything was answered' },
  { number: '09', about: 'a call is rejected' },
  { number: '10', about: 'nobody takes the verb' },
  { number: '11', about: 'a call goes out and is ended by the application' },
  { number: '12', about: 'a call goes out and is ended by the peer' },
  { number: '13', about: 'a call that goes out is rejected' },
  { number: '14', about: 'a call that goes out is cancelled' },
  { number: '15', about: 'a call that goes out is challenged' },
  { number: '16', about: 'a reliable provisional response of the peer' },
  { number: '17', about: 'a reliable provisional response of the application' },
  { number: '18', about: 'two calls joined' },
  { number: '19', about: 'two calls joined, cancelled' },
  { number: '20', about: 'a call is proxied' },
  { number: '21', about: 'a call is proxied to one place after the other' },
  { number: '22', about: 're-INVITE of the peer' },
  { number: '23', about: 're-INVITE of the application' },
  { number: '24', about: 'INFO' },
  { number: '25', about: 'OPTIONS' },
  { number: '25a', about: 'a response that comes too fast for the library' },
  { number: '26', about: 'MESSAGE, REGISTER, NOTIFY, UPDATE, SUBSCRIBE' },
  { number: '27', about: 'REFER' },
  { number: '28', about: 'what an application asks for in vain' },
  { number: '29', about: 'a recording client' },
  { number: '30', about: 'a call over TCP' },
  { number: '31', about: 'messages come twice' },
  { number: '32', about: 'the ACK never comes' },
  { number: '33', about: 'the application goes' },
  { number: '34', about: 'a session timer' },
  { number: '35', about: 'compact, folded and broken headers' },
  { number: '36', about: 'two applications' },
  { number: '40', about: 'call detail records' },
  {
    number: '41',
    about: 'the server connects to the application',
    withoutScenario:
      'an edge opens no connection to applications and has no setting for it: there is nothing to ask for and nothing to refuse',
  },
];
