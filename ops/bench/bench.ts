// What a bench is: something measured on real processes, its figures, and the goals they are held against.

/** Figures by name, with their unit in the name; null where one could not be taken. */
export type Figures = Readonly<Record<string, number | null>>;

/** What a figure should reach. */
export type Goal =
  | { readonly figure: string; readonly atLeast: number }
  | { readonly figure: string; readonly atMost: number };

export interface BenchOptions {
  /** What else is to be measured; each bench says what it knows. */
  readonly against: string | undefined;
  /** How long each part is measured. */
  readonly seconds: number;
  /** Streams of media at once. */
  readonly streams: number;
  /** One socket for each stream, or a few that many share. */
  readonly sockets: 'own' | 'shared';
  /** How capture reads them: `capture.receiver`. */
  readonly receiver: 'batch' | 'node';
  /** DNs that a core watches. */
  readonly dns: number;
  /** T-Lib events that come at an even rate. */
  readonly eventsPerSecond: number;
  /** Signalling: the only calls to place; recorded and plain ones when left out. */
  readonly part: 'recorded' | 'plain' | 'finishing' | undefined;
  /** Search and facts: conversations that are known. */
  readonly rows: number;
  /** Search: what the catalogue is on. */
  readonly engine: 'embedded' | 'postgres';
  /** Search: where an embedded catalogue is kept, to be asked again as it is. */
  readonly folder: string | undefined;
  /** A line for whoever watches. */
  say(line: string): void;
}

export interface Bench {
  readonly name: string;
  readonly about: string;
  /** What is wanted of a run with these options. */
  goals(options: BenchOptions): readonly Goal[];
  run(options: BenchOptions): Promise<Figures>;
}

/** The goals that a run does not reach. A figure that could not be taken reaches none. */
export function missedGoals(goals: readonly Goal[], figures: Figures): Goal[] {
  return goals.filter((goal) => {
    const value = figures[goal.figure] ?? null;
    if (value === null) return true;
    return 'atLeast' in goal ? value < goal.atLeast : value > goal.atMost;
  });
}

/** `at least 100`, for people. */
export function goalText(goal: Goal): string {
  return 'atLeast' in goal ? `at least ${goal.atLeast}` : `at most ${goal.atMost}`;
}

/** The value below which this share of the values lies; null of none. */
export function percentile(values: readonly number[], share: number): number | null {
  if (values.length === 0) return null;
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? null;
}
