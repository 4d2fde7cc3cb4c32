// Work that takes long, wanted by one process and done by any that can. A job may be done twice: when who does it is taken for dead,
// somebody else begins anew. So what it makes must be the same, and be put in its place in one step.

/** `failed`: given up after all attempts; the reason stands in the log. */
export type JobPhase = 'waiting' | 'running' | 'failed';

export interface JobQueue<Work> {
  /** Wants a job done. One that waits or runs under that id stays as it is; one that was given up is tried again. */
  add(id: string, work: Work): Promise<void>;
  /** Undefined when there is none of that id: it was never wanted, or is done. */
  phaseOf(id: string): Promise<{ readonly phase: JobPhase; readonly progress: number } | undefined>;
  figures(): Promise<Readonly<Record<JobPhase, number>>>;
  /** What runs goes on until it is done, or until `closeMsMax`. */
  close(): Promise<void>;
}
