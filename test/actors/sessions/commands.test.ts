import { describe, expect, it } from 'vitest';
import { dialogOf, recording, Stage } from './stage.ts';

describe('the sessions of a recorder: commands', () => {
  it('R-REC-6: pause, resume and stop reach a recording by its id', async () => {
    const stage = new Stage();
    await recording(stage, 'r');
    const [take] = stage.facts.takes();
    expect(await stage.command('pause', 'r')).toEqual([take]);
    expect([...stage.capture.gates.values()]).toEqual(['paused', 'paused']);
    expect(await stage.command('resume', take!)).toEqual([take]);
    expect([...stage.capture.gates.values()]).toEqual(['running', 'running']);
    await stage.command('stop', 'r');
    await stage.settle();
    expect(stage.signalling.hungUp).toEqual([dialogOf('r-1'), dialogOf('r-2')]);
    expect(stage.finisher.finished).toMatchObject([
      { endReason: 'operator', pauses: [{ fromMs: 1_000, toMs: 1_000, by: 'supervisor' }] },
    ]);
  });

  it('R-REC-6, R-HA-1: what was paused before it came begins paused, and keeps nothing until it is resumed', async () => {
    const stage = new Stage();
    stage.paused.set('r', 'agent');
    await recording(stage, 'r');
    expect([...stage.capture.gates.values()]).toEqual(['paused', 'paused']);
    expect(await stage.command('resume', 'r')).toHaveLength(1);
    expect([...stage.capture.gates.values()]).toEqual(['running', 'running']);
    await stage.command('stop', 'r');
    await stage.settle();
    expect(stage.finisher.finished).toMatchObject([
      { pauses: [{ fromMs: expect.any(Number), toMs: 1_000, by: 'agent' }] },
    ]);
  });

  it('R-REC-6: a command is answered when it cannot be forgotten any more, and not when the disk refuses', async () => {
    const stage = new Stage();
    await recording(stage, 'r');
    const [take] = stage.facts.takes();
    stage.facts.disk.load();
    await expect(stage.command('pause', 'r')).rejects.toThrow('as the test wanted');
    // It holds all the same: who got no answer asks again.
    expect([...stage.capture.gates.values()]).toEqual(['paused', 'paused']);
    expect(await stage.command('pause', 'r')).toEqual([take]);
    expect(stage.facts.of(take!).filter(({ type }) => type === 'pause-asked')).toHaveLength(1);
  });

  it('R-REC-6: a pause is answered when capture has closed the gates, and refused when capture goes away instead', async () => {
    const stage = new Stage();
    await recording(stage, 'r');
    const answers: string[] = [];
    const pause = async () => {
      const answer = stage.command('pause', 'r');
      void answer.then(
        () => answers.push('answered'),
        (error: Error) => answers.push(error.message),
      );
      await stage.system.advance(10);
    };
    const goOn = stage.capture.stop();
    await pause();
    await pause();
    expect(answers).toEqual([]);
    goOn();
    await stage.system.advance(10);
    expect(answers).toEqual(['answered', 'answered']);
    await stage.command('resume', 'r');
    stage.capture.gateFuse.load();
    await pause();
    expect(answers).toEqual(['answered', 'answered', 'as the test wanted']);
    await stage.system.advance(1_000);
    expect([...stage.capture.gates.values()]).toEqual(['paused', 'paused']);
  });

  it('R-REC-6: a session that crashes over a command leaves it unanswered', async () => {
    const stage = new Stage();
    await recording(stage, 'r');
    stage.facts.fuse.load();
    const answer = expect(stage.command('pause', 'r')).rejects.toThrow('did not answer');
    await stage.system.advance(2_000, 10);
    await answer;
    expect([...stage.capture.gates.values()]).toEqual(['running', 'running']);
  });

  it('R-REC-6: a command for what does not run is answered with no takes', async () => {
    expect(await new Stage().command('pause', 'r')).toEqual([]);
  });
});
