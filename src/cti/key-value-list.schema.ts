// Lists of T-Lib: UserData, Extensions, Reasons. Ordered pairs; a key may come twice. A value is a text, a whole number, bytes,
// or a list again.
//
//     [["GSIP_RECORD","ON"], ["priority",3], ["blob",{"binary":"AAE="}], ["address",[["city","Brno"],["city","Praha"]]]]

import { z } from 'zod';

/** Bytes, as base64. */
export interface Binary {
  readonly binary: string;
}

export type KeyValue = string | number | Binary | KeyValueList;
export type KeyValueList = readonly (readonly [key: string, value: KeyValue])[];

const binary = z.object({ binary: z.base64() }).describe('bytes, as base64');

const value: z.ZodType<KeyValue> = z.union([
  z.string(),
  z.int(),
  binary,
  z.lazy((): z.ZodType<KeyValueList> => keyValueListSchema),
]);

export const keyValueListSchema: z.ZodType<KeyValueList> = z
  .array(z.tuple([z.string(), value]))
  .meta({ id: 'KeyValueList', description: 'Pairs of key and value, in order; a key may come twice.' });
