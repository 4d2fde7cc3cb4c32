export type { RuleCall } from './condition.ts';
export { draw } from './draw.ts';
export { parseRules, rulesOfTenant } from './parse-rules.ts';
export { RuleBook, type RuleDecision, type RuleExplanation, type RuleStep } from './rule-book.ts';
export {
  type Branch,
  type Direction,
  directions,
  type Group,
  type Policy,
  type Rule,
  type RulesFile,
  type RuleTree,
} from './rules.schema.ts';
export { rulesOfDns } from './rules-of-dns.ts';
export { type NextStanding, nextStanding, type Standing, type StandingEvent } from './standing.ts';
