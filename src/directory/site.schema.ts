// A site in YAML, for the configuration server of the lab and for tests: who may log in, and all objects by kind.
//
//     users:
//       - { name: callrec, password: callrec, application: CallREC_GIM }
//     objects:
//       CfgTenant: [{ DBID: 1, name: Environment }]
//       CfgDN: [{ DBID: 3556, switchDBID: 1, tenantDBID: 1, type: 1, number: '3556' }]

import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { messageOf, TwinreelError } from '#src/errors';
import { type CfgObject, parseObject } from './objects.schema.ts';

const siteSchema = z.strictObject({
  users: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        password: z.string(),
        /** The only application it may come as; absent: any. */
        application: z.string().min(1).optional(),
      }),
    )
    .default([]),
  objects: z.record(z.string(), z.array(z.unknown())).default({}),
});

export type DirectoryUser = z.output<typeof siteSchema>['users'][number];

export interface Site {
  readonly users: readonly DirectoryUser[];
  readonly objects: readonly CfgObject[];
}

/** Reads a site. Throws TwinreelError `directory-site-invalid`, which names every object that is not allowed. */
export function parseSite(text: string): Site {
  const read = siteSchema.safeParse(readYaml(text));
  if (!read.success) throw invalid(read.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`));
  const faults: string[] = [];
  const seen = new Set<string>();
  const objects = Object.entries(read.data.objects).flatMap(([kind, list]) =>
    list.flatMap((value) => {
      const object = parseObject(kind, value);
      if ('malformed' in object) faults.push(object.malformed);
      else if (seen.has(`${kind} ${object.object.DBID}`)) faults.push(`${kind} ${object.object.DBID} is there twice`);
      else {
        seen.add(`${kind} ${object.object.DBID}`);
        return [object];
      }
      return [];
    }),
  );
  if (faults.length > 0) throw invalid(faults);
  return { users: read.data.users, objects };
}

function readYaml(text: string): unknown {
  try {
    return parseYaml(text, { maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw invalid([messageOf(error)]);
  }
}

function invalid(faults: readonly string[]): TwinreelError {
  const lines = faults.slice(0, 20).map((one) => `  ${one}`);
  return new TwinreelError('directory-site-invalid', `the site is refused:\n${lines.join('\n')}`, {
    faults: faults.length,
  });
}
