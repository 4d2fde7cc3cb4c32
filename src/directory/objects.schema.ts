// The objects of a configuration server under their own names and with their own fields. Fields that are not named here are kept;
// what a field may hold is checked only where Twinreel looks at it.

import { z } from 'zod';

const dbid = z.int().min(1).describe('unique among the objects of its kind');
/** 0 stands for none. */
const link = z.int().min(0);
const name = z.string().min(1);
const state = z.int().default(1).describe('1 enabled, 2 disabled, 3 deleted');
const options = z
  .record(z.string(), z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)))
  .default({})
  .describe('sections of options, such as { TServer: { record: true } }');

/** Shape of each kind of object. */
export const objectShapes = {
  CfgTenant: z.looseObject({
    DBID: dbid,
    name,
    state,
    parentTenantDBID: link.default(0),
    options,
    userProperties: options,
  }),
  CfgHost: z.looseObject({ DBID: dbid, name, IPaddress: z.string().default(''), state }),
  CfgSwitch: z.looseObject({
    DBID: dbid,
    tenantDBID: link,
    name,
    type: z.int().optional().describe('72 SIP switch, 75 SIP network switch'),
    physSwitchDBID: link.default(0),
    TServerDBID: link.default(0).describe('the application that serves it; 0: none'),
    linkType: z.int().optional(),
    DNRange: z.string().default(''),
    state,
    userProperties: options,
  }),
  CfgApplication: z.looseObject({
    DBID: dbid,
    name,
    type: z.int().describe('1 T-Server, 145 media control platform, 149 resource manager, 156 resource access point'),
    version: z.string().default(''),
    isServer: z.boolean().default(true),
    isPrimary: z.boolean().default(true),
    redundancyType: z.int().optional(),
    tenantDBIDs: z.array(link).default([]),
    serverInfo: z
      .looseObject({
        hostDBID: link,
        port: z.coerce.number().int().min(0).max(65_535),
        backupServerDBID: link.default(0),
        timeout: z.int().optional(),
        attempts: z.int().optional(),
      })
      .optional(),
    appServerDBIDs: z.array(z.looseObject({ appServerDBID: link })).default([]),
    state,
    options,
    flexibleProperties: options,
    userProperties: options,
  }),
  CfgDN: z.looseObject({
    DBID: dbid,
    switchDBID: link,
    tenantDBID: link,
    type: z.int().describe('1 extension, 2 ACD position, 7 voice treatment port, 14 trunk, 15 trunk group'),
    number: name,
    name: z.string().default(''),
    association: z.string().default(''),
    loginFlag: z.int().optional(),
    DNLoginID: z.string().default(''),
    state,
    userProperties: options,
  }),
  CfgAgentLogin: z.looseObject({
    DBID: dbid,
    switchDBID: link,
    tenantDBID: link,
    loginCode: name,
    state,
    userProperties: options,
  }),
  CfgPlace: z.looseObject({
    DBID: dbid,
    tenantDBID: link,
    name,
    DNDBIDs: z.array(link).default([]),
    state,
    userProperties: options,
  }),
  CfgSkill: z.looseObject({ DBID: dbid, tenantDBID: link, name, state, userProperties: options }),
  CfgPerson: z.looseObject({
    DBID: dbid,
    tenantDBID: link,
    lastName: z.string().default(''),
    firstName: z.string().default(''),
    employeeID: z.string().default(''),
    userName: z.string().default(''),
    emailAddress: z.string().default(''),
    isAgent: z.boolean().default(false),
    isAdmin: z.boolean().default(false),
    state,
    agentInfo: z
      .looseObject({
        placeDBID: link.default(0),
        skillLevels: z.array(z.looseObject({ skillDBID: link, level: z.int().min(0) })).default([]),
        agentLogins: z
          .array(z.looseObject({ agentLoginDBID: link, wrapupTime: z.int().min(0).default(0) }))
          .default([]),
      })
      .optional(),
    userProperties: options,
  }),
  CfgTransaction: z.looseObject({
    DBID: dbid,
    tenantDBID: link,
    name,
    type: z.int().default(0),
    alias: z.string().default(''),
    description: z.string().default(''),
    state,
    userProperties: options,
  }),
  CfgGVPIVRProfile: z.looseObject({ DBID: dbid, tenantDBID: link, name, state, options, userProperties: options }),
  CfgFolder: z.looseObject({ DBID: dbid, name, type: z.int().default(0), state, userProperties: options }),
} as const;

export type ObjectName = keyof typeof objectShapes;
type Declared<Shape> = { [Key in keyof Shape as string extends Key ? never : Key]: Shape[Key] };

/** The fields of one kind of object, those with a default filled in. */
export type ObjectOf<Name extends ObjectName> = Readonly<Declared<z.output<(typeof objectShapes)[Name]>>>;
/** What may be given for it: fields with a default may be left out. */
export type ObjectInput<Name extends ObjectName> = Readonly<Declared<z.input<(typeof objectShapes)[Name]>>>;
/** An object with the name of its kind. */
export type CfgObject = { [Name in ObjectName]: { readonly kind: Name; readonly object: ObjectOf<Name> } }[ObjectName];

export type CfgTenant = ObjectOf<'CfgTenant'>;
export type CfgSwitch = ObjectOf<'CfgSwitch'>;
export type CfgApplication = ObjectOf<'CfgApplication'>;
export type CfgDN = ObjectOf<'CfgDN'>;
export type CfgPerson = ObjectOf<'CfgPerson'>;
export type CfgAgentLogin = ObjectOf<'CfgAgentLogin'>;
export type CfgPlace = ObjectOf<'CfgPlace'>;
export type CfgSkill = ObjectOf<'CfgSkill'>;

export const objectNames = Object.keys(objectShapes) as readonly ObjectName[];

export function isObjectName(name: string): name is ObjectName {
  return Object.hasOwn(objectShapes, name);
}

/** Reads one object; a password is left out, nobody here needs it. Returns why it is none. */
export function parseObject(kind: string, value: unknown): CfgObject | { readonly malformed: string } {
  if (!isObjectName(kind)) return { malformed: `${kind} is not a kind of object; known are ${objectNames.join(', ')}` };
  const read = objectShapes[kind].safeParse(value);
  if (read.success) {
    const { password: _, ...object } = read.data as Record<string, unknown>;
    return { kind, object } as unknown as CfgObject;
  }
  const [issue] = read.error.issues;
  const which = (value as { DBID?: unknown } | null)?.DBID;
  return { malformed: `${kind} ${which ?? 'without DBID'}: ${issue?.path.join('.') || '(object)'}: ${issue?.message}` };
}
