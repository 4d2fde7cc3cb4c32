// Every attribute of T-Lib that is known here, what may stand in it, and its number in T-Lib, for bridges. An attribute that is
// not in the table is kept as it is.

import { z } from 'zod';
import { keyValueListSchema } from './key-value-list.schema.ts';

const text = z.string();
const whole = z.int();
const nonEmpty = z.string().min(1);
/** 64 bits as 16 hexadecimal digits, such as `0071022ec8ac8056`; lower case when read. */
const connection = z
  .string()
  .regex(/^[0-9a-fA-F]{16}$/, '16 hexadecimal digits')
  .toLowerCase();
const list = keyValueListSchema;
const count = z.int().min(0);

/** Shape of each attribute. */
export const attributeShape = {
  ErrorMessage: text,
  ReferenceID: count,
  CallID: whole,
  NodeID: whole,
  NetworkCallID: whole,
  NetworkNodeID: whole,
  ConnID: connection,
  PreviousConnID: connection,
  TransferConnID: connection,
  ConferenceConnID: connection,
  CallState: whole,
  AgentID: text,
  AgentWorkMode: whole,
  DNIS: text,
  ANI: text,
  ThisDN: nonEmpty,
  ThisQueue: text,
  ThisTrunk: whole,
  ThisDNRole: whole,
  OtherDN: text,
  OtherQueue: text,
  OtherTrunk: whole,
  OtherDNRole: whole,
  ThirdPartyDN: text,
  ThirdPartyQueue: text,
  ThirdPartyTrunk: whole,
  ThirdPartyDNRole: whole,
  UserID: text,
  Password: text,
  CollectedDigits: text,
  LastDigit: text,
  ErrorCode: whole,
  AddressType: whole,
  RegisterMode: whole,
  ControlMode: whole,
  UserData: list,
  DataKey: text,
  Extensions: list,
  Reasons: list,
  CallType: whole,
  AddressInfoType: whole,
  AddressInfoStatus: whole,
  UserEvent: whole,
  RouteType: whole,
  ServerVersion: text,
  ServerRole: whole,
  ApplicationName: nonEmpty,
  ApplicationPassword: text,
  Location: text,
  RemoteConnID: connection,
  RemoteDN: text,
  MakeCallType: whole,
  CallInfoType: whole,
  CustomerID: text,
  TimeinSecs: whole,
  TimeinuSecs: whole,
  Place: text,
  OriginalConnID: connection,
  PrivateMsgID: whole,
  FirstTransferConnID: connection,
  LastTransferConnID: connection,
  Cause: whole,
  RefConnID: connection,
  PartyState: whole,
  CallUUID: text,
  RefCallUUID: text,
  PartyUUID: text,
  EventSequenceNumber: whole,
  ProtocolVersion: text,
} as const;

/** What an attribute is, for whoever wants to know it without the schema. */
export type AttributeKind = 'text' | 'name' | 'whole' | 'count' | 'connection' | 'list';

const kinds = new Map<unknown, AttributeKind>([
  [text, 'text'],
  [nonEmpty, 'name'],
  [whole, 'whole'],
  [count, 'count'],
  [connection, 'connection'],
  [list, 'list'],
]);

export const attributeKinds: ReadonlyMap<string, AttributeKind> = new Map(
  Object.entries(attributeShape).map(([name, schema]) => [name, kinds.get(schema)!]),
);

export type AttributeName = keyof typeof attributeShape;

/** The attributes a message may have; `undefined` is as good as absent. */
export type Attributes = {
  readonly [Name in AttributeName]?: z.output<(typeof attributeShape)[Name]> | undefined;
};

/** Numbers of the attributes in T-Lib; `Reasons` is its attribute 17, Reason. */
export const attributeNumbers: Readonly<Record<AttributeName, number>> = {
  ProtocolVersion: 0,
  ErrorMessage: 1,
  ReferenceID: 2,
  CallID: 3,
  NodeID: 4,
  NetworkCallID: 5,
  NetworkNodeID: 6,
  ConnID: 9,
  PreviousConnID: 10,
  TransferConnID: 11,
  ConferenceConnID: 12,
  CallState: 13,
  AgentID: 14,
  AgentWorkMode: 16,
  Reasons: 17,
  DNIS: 18,
  ANI: 19,
  ThisDN: 20,
  ThisQueue: 21,
  ThisTrunk: 22,
  ThisDNRole: 23,
  OtherDN: 24,
  OtherQueue: 25,
  OtherTrunk: 26,
  OtherDNRole: 27,
  ThirdPartyDN: 28,
  ThirdPartyQueue: 29,
  ThirdPartyTrunk: 30,
  ThirdPartyDNRole: 31,
  UserID: 35,
  Password: 36,
  CollectedDigits: 43,
  LastDigit: 44,
  ErrorCode: 46,
  AddressType: 47,
  RegisterMode: 49,
  ControlMode: 50,
  UserData: 51,
  DataKey: 52,
  Extensions: 53,
  CallType: 54,
  AddressInfoType: 56,
  AddressInfoStatus: 57,
  UserEvent: 58,
  RouteType: 60,
  ServerVersion: 61,
  ServerRole: 62,
  ApplicationName: 64,
  ApplicationPassword: 65,
  Location: 69,
  RemoteConnID: 71,
  RemoteDN: 72,
  MakeCallType: 73,
  CallInfoType: 74,
  CustomerID: 76,
  TimeinSecs: 86,
  TimeinuSecs: 87,
  Place: 92,
  OriginalConnID: 99,
  PrivateMsgID: 105,
  FirstTransferConnID: 106,
  LastTransferConnID: 107,
  Cause: 114,
  RefConnID: 118,
  PartyState: 124,
  CallUUID: 141,
  RefCallUUID: 144,
  PartyUUID: 145,
  EventSequenceNumber: 148,
};

/** A schema of attributes that insists on `required` and lets unknown ones pass. */
export function attributesSchema(required: readonly AttributeName[]): z.ZodType<Attributes> {
  const wanted = new Set<string>(required);
  const shape = Object.entries(attributeShape).map(([name, schema]) => [
    name,
    wanted.has(name) ? schema : z.optional(schema),
  ]);
  return z.looseObject(Object.fromEntries(shape)) as unknown as z.ZodType<Attributes>;
}
