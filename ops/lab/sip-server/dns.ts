// The DNs of a switch, as its configuration has them.

export type SwitchDnType =
  | 'extension'
  | 'acd-position'
  | 'voice-treatment-port'
  | 'trunk'
  | 'trunk-group'
  | 'queue'
  | 'route-point'
  | 'voip-service';

/** A DN. `options` are those of its `TServer` section, as they stand there. */
export interface SwitchDn {
  readonly number: string;
  readonly type: SwitchDnType;
  readonly options: Readonly<Record<string, string>>;
}

const phoneTypes: ReadonlySet<SwitchDnType> = new Set([
  'extension',
  'acd-position',
  'voice-treatment-port',
  'trunk-group',
]);

/** Whether calls are talked at it: what a recording system watches (guide ch. 2). */
export function isPhone({ type }: SwitchDn): boolean {
  return phoneTypes.has(type);
}

/** Whether a DN's own option has its calls recorded: `record` is `true`, and nothing else will do. */
export function isRecordedByOption({ options }: SwitchDn): boolean {
  return options['record'] === 'true';
}
