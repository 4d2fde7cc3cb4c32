// The DNs of a switch and what their options mean for recording (guide ch. 6). Pure.

/** A DN as the configuration has it. `options` are those of its `TServer` section, as they stand there. */
export interface SwitchDn {
  readonly number: string;
  readonly type:
    | 'extension'
    | 'acd-position'
    | 'voice-treatment-port'
    | 'trunk'
    | 'trunk-group'
    | 'queue'
    | 'route-point';
  readonly options: Readonly<Record<string, string>>;
}

/** Options of the media server's DN (`service-type` = `msml`), and of the switch as a whole. */
export interface MsrOptions {
  /** `msml-support`: without it the switch has no control over recordings. */
  readonly msmlSupport: boolean;
  /** `recdest`, `recdest2`. */
  readonly recdest?: string;
  readonly recdest2?: string;
  /** `record-consult-calls`. */
  readonly recordConsultCalls: boolean;
}

/** Whether a DN's own option has its calls recorded: `record` is `true`, and nothing else will do. */
export function isRecordedByOption({ options }: SwitchDn): boolean {
  return options['record'] === 'true';
}

/** Reads what the application's options say; what is absent has the switch's default. */
export function msrOptions(options: Readonly<Record<string, string>>): MsrOptions {
  const text = (name: string) => options[name]?.replace(/^fixed,/, '') || undefined;
  const [recdest, recdest2] = [text('recdest'), text('recdest2')];
  return {
    msmlSupport: options['msml-support'] !== 'false',
    ...(recdest !== undefined && { recdest }),
    ...(recdest2 !== undefined && { recdest2 }),
    recordConsultCalls: options['record-consult-calls'] === 'true',
  };
}
