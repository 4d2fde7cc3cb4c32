// Names of external data (guide ch. 4, table 2): a prefix says where a value comes from, and what follows is its name there.

import type { AttributeName } from '#src/cti';

/** `call`: events of the telephony server; `configured`: the configuration server; `user`: attached data; `extension`: Extensions
 * of events, and what the recording session itself says. */
export const prefixes = { call: 'GEN_TEV_', configured: 'GEN_CFG_', user: 'GEN_USR_', extension: 'GEN_EXT_' } as const;

/** Of the guide's table 2, the attributes of events that nothing but external data tells. */
export const callAttributes: readonly AttributeName[] = [
  'CallID',
  'CollectedDigits',
  'CustomerID',
  'NetworkCallID',
  'NetworkNodeID',
  'NodeID',
];

/** Attributes that say nothing of a call but of the message that carries them, or that hold more than a text. */
export const unkeptAttributes: ReadonlySet<string> = new Set<AttributeName>([
  'ReferenceID',
  'ApplicationName',
  'ApplicationPassword',
  'Password',
  'UserData',
  'Extensions',
  'Reasons',
  'ProtocolVersion',
  'EventSequenceNumber',
  'TimeinSecs',
  'TimeinuSecs',
]);
