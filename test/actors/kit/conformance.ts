// What every runner of actors must do, told once and run on each. Most of it are the defects of bare nact 7.6.2 that the
// kit must not have:
//
//     a stopped parent orphans its children       stopping: bottom-up, of the system, no orphan keeps its name or its address
//     children are copied for every message       handling: with 1,000 children
//     a reset begins a second handler             handling: never two handlers at once; asynchronous handlers crash
//     escalate, then resume wedges the child      crashing: that is escalated wedges nobody
//     onCrash that throws ends the process        supervision is data; crashing: what makes messages of results and ends;
//                                                 stopping: a stopped() that throws; crashing: an onFailure that throws
//     afterStop runs twice                        stopping: each actor once; simulation: any history of crashes and stops
//     restarts without limit or back-off          crashing: back-off, budget, escalation; in every start spends the budget
//     stateless actors ignore their policy        there are none
//     a stop loses what was scheduled             stopping: what waited is counted as dead
//     no dead letters, questions end by time-out  mailboxes: dead letters; asking fails at once
//     mailboxes without bound                     mailboxes: refuses, drops the newest or the oldest
//     a log only where one is configured          inspecting: without a log
//     random names collide                        handling: names are mandatory; 20,000 siblings
//     any message compiles                        address.test.ts

import { crashing } from './conformance/crashing.ts';
import { handling } from './conformance/handling.ts';
import { inspecting } from './conformance/inspecting.ts';
import { mailboxes } from './conformance/mailboxes.ts';
import { type Runner, Stage } from './conformance/stage.ts';
import { stopping } from './conformance/stopping.ts';

export function conformance(name: string, runner: Runner): void {
  const stage = new Stage(runner);
  for (const chapter of [handling, stopping, crashing, mailboxes, inspecting]) chapter(name, stage);
}
