export { BullQueue, type BullQueueOptions, type DoOptions, type SandboxedJob } from './bull-queue.io.ts';
export type { JobPhase, JobQueue } from './job-queue.protocol.ts';
