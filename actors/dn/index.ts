export { type DnArgs, type DnMessage, dn } from './dn.actor.ts';
export { type AgentPhase, type DnState, newDn, withAnswer, withEvent } from './dn.core.ts';
