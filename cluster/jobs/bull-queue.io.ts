// Jobs in Redis, by Bull. Those who do them are child processes: what a job does to itself costs the child. A job whose process went
// is taken over by another one. Only this folder knows Bull.

import Bull, { type Job, type Queue } from 'bull';
import { connectForJobs, jobsPrefix, type RedisOptions } from '#cluster/redis';
import { messageOf } from '#src/errors';
import { systemClock } from '#src/ports';
import type { JobPhase, JobQueue } from './job-queue.protocol.ts';

export interface BullQueueOptions {
  readonly name: string;
  readonly redis: RedisOptions;
  /** Failures of one job until it is given up. */
  readonly attemptsMax: number;
  /** A process that has not been heard of for so long has lost its jobs to others. */
  readonly lostMs: number;
  readonly log: { info(fields: object, text: string): void; error(fields: object, text: string): void };
}

export interface DoOptions<Work> {
  /** A CommonJS module whose export takes a job: Bull loads it in each child. */
  readonly program: string;
  readonly atOnce: number;
  /** Its work is done. */
  readonly onDone: (id: string, work: Work) => void;
}

/** What a program gets. */
export interface SandboxedJob<Work> {
  readonly data: Work;
  /** 0 to 1. */
  progress(share: number): void;
}

const againMs = 1_000;
const closeMsMax = 5_000;
/** Times a job may bring down whoever does it. */
const lostMax = 3;
/** Jobs that were given up are remembered that long, so that they are not tried without end. */
const failedKept = { age: 86_400, count: 10_000 };

export class BullQueue<Work> implements JobQueue<Work> {
  readonly #queue: Queue<Work>;
  readonly #clients: { disconnect(): void }[] = [];
  readonly #options: BullQueueOptions;

  constructor(options: BullQueueOptions) {
    const { name, redis, lostMs, attemptsMax, log } = options;
    this.#options = options;
    this.#queue = new Bull<Work>(name, {
      prefix: jobsPrefix,
      createClient: (type) => {
        const client = connectForJobs(redis, type === 'client' ? 'commands' : 'blocking');
        this.#clients.push(client);
        return (type === 'bclient' ? unfailing(client) : client) as never;
      },
      settings: { lockDuration: lostMs, stalledInterval: lostMs / 2, maxStalledCount: lostMax },
      defaultJobOptions: {
        attempts: attemptsMax,
        backoff: { type: 'exponential', delay: againMs },
        removeOnComplete: true,
        removeOnFail: failedKept,
      },
    });
    this.#queue.on('error', (error) => log.info({ error: messageOf(error) }, 'the queue of jobs cannot be reached'));
  }

  /** Does jobs here, too, in children of this process. */
  do({ program, atOnce, onDone }: DoOptions<Work>): void {
    const { log } = this.#options;
    this.#queue.on('completed', (job: Job<Work>) => onDone(String(job.id), job.data));
    this.#queue.on('failed', (job: Job<Work>, error) => {
      const isGivenUp = job.attemptsMade >= (job.opts.attempts ?? 1);
      const fields = { job: job.id, attempt: job.attemptsMade, error: messageOf(error) };
      if (isGivenUp) log.error({ alarm: 'job-given-up', ...fields }, 'a job is given up');
      else log.info(fields, 'a job failed and is tried again');
    });
    this.#queue.on('stalled', (job: Job<Work>) => log.info({ job: job.id }, 'a job whose process went is taken over'));
    // Rejects when Redis goes; Bull asks it again.
    void this.#queue.process(atOnce, program).catch(() => {});
  }

  async add(id: string, work: Work): Promise<void> {
    const known = await this.#queue.getJob(id);
    if (known && (await known.getState()) === 'failed') await known.remove();
    await this.#queue.add(work, { jobId: id });
  }

  async phaseOf(id: string): Promise<{ readonly phase: JobPhase; readonly progress: number } | undefined> {
    const job = await this.#queue.getJob(id);
    const state = await job?.getState();
    if (!job || state === 'completed') return undefined;
    const phase = state === 'active' ? 'running' : state === 'failed' ? 'failed' : 'waiting';
    return { phase, progress: Number(job.progress()) || 0 };
  }

  async figures(): Promise<Readonly<Record<JobPhase, number>>> {
    const { waiting, delayed, active, failed } = await this.#queue.getJobCounts();
    return { waiting: waiting + delayed, running: active, failed };
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      const patience = systemClock.after(closeMsMax, resolve);
      void this.#queue
        .close()
        .catch(() => {})
        .then(() => {
          patience.cancel();
          resolve();
        });
    });
    for (const client of this.#clients) client.disconnect();
    // Who is in the middle of a job then would go on for a queue that is gone. Redis is not told of it: another process takes the job over.
    const { childPool } = this.#queue as unknown as { readonly childPool?: ChildPool };
    for (const child of Object.values(childPool?.retained ?? {})) child.kill('SIGKILL');
  }
}

/** What Bull keeps of the children that are in the middle of a job, by process id. */
interface ChildPool {
  readonly retained: Readonly<Record<string, { kill(signal: 'SIGKILL'): boolean }>>;
}

/** Bull connects it once more when it closes, and lets nobody hear that this has failed: whoever ends would end in disorder. */
function unfailing<Client extends { disconnect(): void }>(client: Client): Client {
  const { connect } = client as unknown as { connect(): Promise<void> };
  return Object.assign(client, { connect: () => connect.call(client).catch(() => {}) });
}
