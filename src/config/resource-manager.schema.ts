// Settings of the resource manager: logical resource groups (LRGs) of recorders, and who of a group takes a session. The names are those
// of the guide's chapters 7 and 10 where it has any: `aor`, port capacity, redundancy type, load balancing scheme.

import { z } from 'zod';
import { address, milliseconds, name, port } from './values.schema.ts';

const member = z.strictObject({
  aor: z
    .string()
    .regex(
      /^sips?:(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?(;transport=(udp|tcp))?$/i,
      'sip:host:port, such as sip:rec-1.example:5060 or sip:192.0.2.1:5060;transport=tcp',
    )
    .describe('SIP address of the recorder'),
  node: name.optional().describe('node of the recorder, as it calls itself: whose heartbeat is looked for'),
  portCapacity: z
    .int()
    .min(2)
    .max(1_000_000)
    .default(1_350)
    .describe('streams it takes at once, two per call (guide: Max Ports)'),
  redundancyType: z
    .enum(['active', 'passive'])
    .default('active')
    .describe('a passive one is watched and takes nothing (guide: Redundancy)'),
});

const group = z
  .strictObject({
    name: name.describe('name of the group; recdest may name it'),
    recdest: z
      .array(z.string().regex(/^[^\s;@<>"]{1,255}$/, 'host or host:port'))
      .max(64)
      .default([])
      .describe('further hosts, or hosts with ports, by which recdest means this group; its members mean it anyway'),
    loadBalanceScheme: z
      .enum(['round-robin', 'least-used'])
      .default('round-robin')
      .describe('each in turn, or whoever has the fewest streams'),
    monitorMethod: z
      .enum(['options', 'heartbeat'])
      .default('options')
      .describe('how members are watched: asked by OPTIONS, or by the signs of life they leave in Redis'),
    members: z.array(member).min(1).max(256),
  })
  .refine((one) => one.monitorMethod === 'options' || one.members.every(({ node }) => node !== undefined), {
    path: ['members'],
    message: 'each needs its node where the monitorMethod is heartbeat',
  })
  .refine((one) => new Set(one.members.map(({ aor }) => aor.toLowerCase())).size === one.members.length, {
    path: ['members'],
    message: 'each aor is named once',
  });

export const resourceManagerSchema = z.strictObject({
  address: address.default('127.0.0.1').describe('address media servers reach the resource manager at'),
  port: port.default(5070).describe('UDP and TCP port of it; 0 takes any free one'),
  advertisedAddress: address
    .optional()
    .describe('address recorders answer to; without it the one above, or for 0.0.0.0 the first of this machine'),
  monitorMs: milliseconds(600_000)
    .default(1_000)
    .describe('milliseconds between two looks at a recorder, and as long as it may take to answer one'),
  failuresMax: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe('failures in a row after which a recorder counts as down; one success, and it is up again'),
  answerMsMax: milliseconds(30_000)
    .default(1_500)
    .describe(
      'milliseconds a recorder may take to answer an INVITE before it is given up, 600 for one that says nothing at all; the next one is asked after 300',
    ),
  attemptsMax: z
    .int()
    .min(1)
    .max(16)
    .default(3)
    .describe('recorders that are asked, one after the other, for one INVITE'),
  retryAfterSeconds: z
    .int()
    .min(1)
    .max(3_600)
    .default(5)
    .describe('seconds in the Retry-After of a 503 when no recorder of the group takes a session'),
  groups: z
    .array(group)
    .max(64)
    .refine(
      (groups) => new Set(groups.map(({ name }) => name.toLowerCase())).size === groups.length,
      'each group has a name of its own',
    )
    .default([])
    .describe('logical resource groups; the first one is meant where recdest names the resource manager itself'),
});

export type ResourceManagerConfig = z.output<typeof resourceManagerSchema>;
