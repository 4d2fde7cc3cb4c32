// The messages of T-Lib as JSON Schema, for those who write a bridge to a vendor's SDK in another language. What is published is
// this and nothing by hand.

import { z } from 'zod';
import { attributeNumbers, attributeShape } from './attributes.schema.ts';
import { keyValueListSchema } from './key-value-list.schema.ts';
import { events, requests } from './messages.protocol.ts';

type Json = Readonly<Record<string, unknown>>;

const about = [
  'Client and server exchange frames over TCP or TLS: a length of 4 bytes (unsigned, most significant first), then so many bytes',
  'of JSON. A frame that holds null is a sign of life: an end that has sent nothing for 2 s sends one, an end that hears nothing',
  'for 10 s closes. The longest frame holds 1 MiB.',
  'The client speaks first: RequestRegisterClient (ApplicationName, ApplicationPassword). It is answered with EventLinkConnected,',
  'EventLinkDisconnected (the server has lost its switch; EventLinkConnected follows when it is back) or EventError. Then come',
  'RequestRegisterAddress for each DN, answered with EventRegistered; from then on every event whose ThisDN it is.',
  'Each request has a ReferenceID, and what answers it has the same one. Numbers of attributes are those of T-Lib.',
  'RequestQueryAddress with AddressInfoType 17 is answered with EventAddressInfo, whose Extensions name the agent (AgentStatus:',
  '-1 unknown, 0 logged out, 1 logged in, 2 ready, 3 not ready, 4 after-call work; AgentID) and each call of the DN (conn-N the',
  'ConnID, ps-N the party state). RequestQueryCall is answered with EventPartyInfo: the attributes of that call as ThisDN has it.',
  'Messages and attributes that are not named here are let pass.',
].join(' ');

/** The published form. Messages and attributes may be added; none is ever taken away or given another meaning. */
export function tlibJsonSchema(): Json {
  const named = { ...definitions(requests, ['ReferenceID']), ...definitions(events, []) };
  const names = Object.keys(named);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'T-Lib messages of Twinreel',
    description: about,
    anyOf: [...names.map((name) => ({ $ref: `#/$defs/${name}` })), { $ref: '#/$defs/Unknown' }],
    $defs: {
      ...named,
      Unknown: {
        type: 'object',
        properties: {
          message: { type: 'string', pattern: '^(Event|Request)[A-Za-z0-9]{1,60}$', not: { enum: names } },
          id: { type: 'integer', minimum: 0 },
          attributes: { $ref: '#/$defs/Attributes' },
        },
        required: ['message'],
      },
      Attributes: { type: 'object', properties: attributes() },
      KeyValueList: plain(keyValueListSchema),
    },
  };
}

function definitions(
  table: Readonly<Record<string, { readonly id: number; readonly required: readonly string[] }>>,
  always: readonly string[],
): Json {
  const definition = (
    { id, required }: { readonly id: number; readonly required: readonly string[] },
    name: string,
  ) => ({
    type: 'object',
    properties: {
      message: { const: name },
      id: { const: id },
      attributes: { allOf: [{ $ref: '#/$defs/Attributes' }, { required: [...always, ...required] }] },
    },
    required: ['message', 'id', ...(always.length + required.length > 0 ? ['attributes'] : [])],
  });
  return Object.fromEntries(Object.entries(table).map(([name, row]) => [name, definition(row, name)]));
}

function attributes(): Json {
  return Object.fromEntries(
    Object.entries(attributeShape).map(([name, schema]) => {
      const number = attributeNumbers[name as keyof typeof attributeNumbers];
      const shape = (schema as unknown) === keyValueListSchema ? { $ref: '#/$defs/KeyValueList' } : plain(schema);
      return [name, { description: `T-Lib attribute ${number}`, ...shape }];
    }),
  );
}

/** A schema's own lines, without what belongs to a document. Its recursion points at the definition of the list. */
function plain(schema: z.ZodType): Json {
  const { $schema: _, $defs, $ref, id: _id, ...own } = z.toJSONSchema(schema, { io: 'input' }) as Json;
  const [defined] = Object.values(($defs ?? {}) as Record<string, Json>);
  const text = JSON.stringify($ref === undefined ? own : defined);
  return JSON.parse(text.replaceAll(/"#(\/\$defs\/[A-Za-z_0-9]+)?"/g, '"#/$defs/KeyValueList"')) as Json;
}
