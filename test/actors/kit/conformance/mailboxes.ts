// What becomes of a message that cannot be taken, and of a question that cannot be answered.

import { describe, expect, it } from 'vitest';
import type { DeadLetter } from '#actors/kit';
import { codeOf } from '#src/errors';
import { act, note, type Order } from '../puppet.ts';
import type { Stage } from './stage.ts';

export function mailboxes(runner: string, stage: Stage): void {
  describe(`a full mailbox on ${runner}`, () => {
    const five = ['1', '2', '3', '4', '5'];

    it('R-SUP-1: refuses and tells the sender', async () => {
      const address = stage.root('refusing');
      expect(five.map((text) => stage.system.send(address, note(text)))).toEqual([
        'queued',
        'queued',
        'queued',
        'refused',
        'refused',
      ]);
      await stage.advance(0);
      expect(stage.news()).toEqual(['refusing starts', 'refusing: 1', 'refusing: 2', 'refusing: 3']);
      expect(stage.viewOf(address)).toMatchObject({ refused: 2, deadLetters: 0 });
    });

    it('R-SUP-1: drops the newest, or the oldest, as its kind says, and counts it', async () => {
      const newest = stage.root('newest');
      const oldest = stage.root('oldest');
      const letters: string[] = [];
      stage.system.onDeadLetter(({ to, reason, message }) =>
        letters.push(`${to} ${reason} ${(message as { text: string }).text}`),
      );
      expect(five.map((text) => stage.system.send(newest, note(text))).slice(3)).toEqual(['dropped', 'dropped']);
      expect(five.map((text) => stage.system.send(oldest, note(text))).slice(3)).toEqual(['queued', 'queued']);
      await stage.advance(0);
      const told = stage.news();
      expect(told.filter((line) => line.startsWith('newest:'))).toEqual(['newest: 1', 'newest: 2', 'newest: 3']);
      expect(told.filter((line) => line.startsWith('oldest:'))).toEqual(['oldest: 3', 'oldest: 4', 'oldest: 5']);
      expect(letters).toEqual(['/newest full 4', '/newest full 5', '/oldest full 1', '/oldest full 2']);
      expect(stage.system.inspect().deadLetters).toEqual({ stopped: 0, full: 4, late: 0 });
    });

    it('R-SUP-1: is seen coming by who asks how many messages wait under its root, and under no other', async () => {
      const root = stage.root();
      const middle = await stage.childOf(root, 'middle');
      let backlog = () => 0;
      stage.system.send(
        middle,
        act((context) => {
          backlog = () => context.backlog();
        }),
      );
      await stage.advance(0);
      for (const address of [root, middle, middle, stage.root('refusing')]) stage.system.send(address, note('x'));
      expect(backlog()).toBe(3);
      await stage.advance(0);
      expect(backlog()).toBe(0);
    });

    it('R-SUP-1: still takes the timers of its own actor', async () => {
      const address = stage.root('refusing');
      stage.system.send(
        address,
        act((context) => void context.after(5, note('timer'))),
      );
      await stage.advance(0);
      for (const text of five) stage.system.send(address, note(text));
      stage.clock.advance(5);
      await stage.advance(0);
      expect(stage.news()).toContain('refusing: timer');
    });
  });
  describe(`dead letters on ${runner}`, () => {
    it('R-SUP-1: are counted and told, until one stops listening; a listener that throws harms nobody', async () => {
      const address = stage.root();
      await stage.advance(0);
      stage.system.stop();
      const letters: DeadLetter[] = [];
      stage.system.onDeadLetter(() => {
        throw new Error('in the listener');
      });
      const end = stage.system.onDeadLetter((letter) => letters.push(letter));
      expect(stage.system.send(address, note('a'))).toBe('dead');
      end();
      expect(stage.system.send(address, note('b'))).toBe('dead');
      expect(letters).toEqual([{ to: '/root', kind: 'root', reason: 'stopped', message: note('a') }]);
      expect(stage.system.inspect().deadLetters.stopped).toBe(2);
    });
  });
  describe(`asking on ${runner}`, () => {
    const question =
      (what?: (reply: { answer(text: string): void; refuse(error: Error): void }) => void) =>
      (reply: { answer(text: string): void; refuse(error: Error): void }): Order => ({
        type: 'question',
        reply,
        ...(what && { what }),
      });
    /** The end of a promise as text. */
    const endOf = (promise: Promise<string>) =>
      promise.then(
        (value) => value,
        (error: unknown) => codeOf(error) ?? String(error),
      );

    it('R-SUP-1: gets the answer, the first one only', async () => {
      const address = stage.root();
      stage.system.send(address, note('a'));
      const answer = endOf(stage.system.ask(address, question(), 100));
      const twice = endOf(
        stage.system.ask(
          address,
          question((reply) => {
            reply.answer('first');
            reply.answer('second');
            reply.refuse(new Error('third'));
          }),
          100,
        ),
      );
      await stage.advance(0);
      expect([await answer, await twice]).toEqual(['noted a', 'first']);
      await stage.advance(200);
      expect(stage.clock.pendingCount).toBe(0);
    });

    it('R-SUP-1: gets the refusal as it is, and a time-out when nothing comes', async () => {
      const address = stage.root();
      const refused = endOf(
        stage.system.ask(
          address,
          question((reply) => reply.refuse(new Error('not today'))),
          100,
        ),
      );
      const silent = endOf(
        stage.system.ask(
          address,
          question(() => {}),
          100,
        ),
      );
      await stage.advance(100);
      expect([await refused, await silent]).toEqual(['Error: not today', 'actor-ask-timed-out']);
    });

    it('R-SUP-1: fails at once when the actor is stopped, crashes, ends with the question open, or is full', async () => {
      const dead = stage.root();
      stage.system.stop();
      expect(await endOf(stage.system.ask(dead, question(), 1_000))).toBe('actor-unavailable');

      stage.begin();
      const leaf = await stage.childOf(await stage.childOf(stage.root(), 'middle'), 'leaf');
      const crashed = endOf(
        stage.system.ask(
          leaf,
          question(() => {
            throw new Error('while asked');
          }),
          1_000,
        ),
      );
      await stage.advance(0);
      expect(await crashed).toBe('actor-unavailable');
      await stage.advance(20);

      const open = endOf(
        stage.system.ask(
          leaf,
          question(() => {}),
          1_000,
        ),
      );
      stage.system.send(
        leaf,
        act((context) => context.stopSelf()),
      );
      await stage.advance(0);
      expect(await open).toBe('actor-unavailable');

      const full = stage.root('refusing');
      for (const text of ['1', '2', '3']) stage.system.send(full, note(text));
      expect(await endOf(stage.system.ask(full, question(), 1_000))).toBe('actor-unavailable');
    });

    it('R-SUP-1: from an actor brings the answer as a message', async () => {
      const address = stage.root();
      const other = stage.root('guardian');
      stage.system.send(
        other,
        act((context) => context.perform(context.ask(address, question(), 100), note, (error) => note(String(error)))),
      );
      await stage.advance(1);
      expect(stage.news()).toContain('guardian: noted ');
    });
  });
}
