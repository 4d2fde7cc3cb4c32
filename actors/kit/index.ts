export type { Address, Delivery } from './address.ts';
export type { ReplyTo } from './ask.ts';
export {
  type ActorDefinition,
  type ActorDescription,
  type ChildEnd,
  type Context,
  defineActor,
  type EndReason,
  type LastContext,
  type SpawnOptions,
} from './definition.ts';
export type { ActorView, Crash, DeadLetter, DeadLetterReason, SystemView } from './inspection.ts';
export { type ActorLog, silentLog } from './log.ts';
export type { MailboxLimit } from './mailbox.ts';
export { startActorSystem } from './nact-engine.io.ts';
export { renderTree, treeDrift } from './render-tree.ts';
export { type SimulatedSystem, type SimulationOptions, seedActorSystem, simulateActorSystem } from './simulation.ts';
export { type ActorKind, defineTree, type RestartBudget, type SupervisionTree } from './supervision.ts';
export type { ActorSystem, SystemOptions } from './system.ts';
