// What every runner of actors must do, told once and run on each. Most of it are the defects of bare nact 7.6.2 that the
// kit must not have.

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
