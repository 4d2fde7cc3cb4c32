import { describe, expect, it } from 'vitest';
import type { LifePlace, LinkedRecorder } from '#cluster/links';
import { TwinreelError } from '#src/errors';
import { VirtualClock } from '#src/ports';
import type { SessionNews } from '#src/recording';
import { Recorders } from '../../../cluster/core/recorders.ts';

function news(take: string, more: Partial<SessionNews> = {}): SessionNews {
  const nothing = { pauses: [], dialogs: [], streams: [], paused: false, startedMs: 1 };
  return {
    take,
    recordingId: `r-${take}`,
    tenant: 't',
    node: 'n',
    form: 'msr',
    phase: 'recording',
    ...nothing,
    ...more,
  };
}

function setUp() {
  const clock = new VirtualClock();
  const lost: string[] = [];
  const ordered: string[] = [];
  const fenced: string[] = [];
  const watched = new Map<LifePlace, () => void>();
  const recorders = new Recorders({
    clock,
    recorderReturnMs: 3_000,
    watchLife(place, gone) {
      watched.set(place, gone);
      return { cancel: () => void watched.delete(place) };
    },
    onNews: () => {},
    onLost: (takes) => void lost.push(...takes),
    onFenced: ({ shard }) => void fenced.push(shard),
  });
  const recorder = (node: string, pid: number): LinkedRecorder => ({
    name: `${node}/${pid}`,
    node,
    pid,
    startedMs: 1,
    streamsMax: 10,
    ...(node === 'n3' && { life: { host: '127.0.0.1', port: 5060 } }),
    command: async ({ command, recording, mandate }) => {
      if (mandate) throw new TwinreelError('mandate-stale', 'no');
      ordered.push(`${node}/${pid} ${command} ${recording}`);
      return [recording];
    },
  });
  const link = (made: LinkedRecorder, takes: readonly string[]) => {
    recorders.attached(made);
    for (const take of takes) recorders.news(made, news(take), false);
    recorders.synced(made);
    return made;
  };
  return { clock, lost, fenced, watched, ordered, recorders, recorder, link };
}

describe('the recorders of a core', () => {
  it('R-REC-7: what a recorder held is lost when it does not come back in time, and not before', () => {
    const { clock, lost, recorders, recorder, link } = setUp();
    const one = link(recorder('n1', 1), ['a', 'b']);
    recorders.lost(one);
    clock.advance(2_999);
    expect(lost).toEqual([]);
    clock.advance(1);
    expect(lost).toEqual(['a', 'b']);
  });

  it('R-HA-1: what it held is lost at once when its node is gone, too, and once', () => {
    const { clock, lost, watched, recorders, recorder, link } = setUp();
    recorders.lost(link(recorder('n3', 1), ['a']));
    clock.advance(10);
    expect(lost).toEqual([]);
    for (const gone of watched.values()) gone();
    expect(lost).toEqual(['a']);
    clock.advance(10_000);
    expect(lost).toEqual(['a']);
    expect(watched.size).toBe(0);
  });

  it('R-HA-1: who comes back is not watched any more', () => {
    const { clock, lost, watched, recorders, recorder, link } = setUp();
    recorders.lost(link(recorder('n3', 1), ['a']));
    link(recorder('n3', 2), ['a']);
    clock.advance(10_000);
    expect([lost, watched.size]).toEqual([[], 0]);
  });

  it('R-REC-7: its successor tells what it took over; only what it does not name is lost', () => {
    const { clock, lost, recorders, recorder, link } = setUp();
    const one = link(recorder('n1', 1), ['a', 'b']);
    recorders.lost(one);
    link(recorder('n1', 2), ['a']);
    clock.advance(10_000);
    expect(lost).toEqual(['b']);
  });

  it('R-REC-7: the end of a link that was replaced already means nothing', () => {
    const { clock, lost, recorders, recorder, link } = setUp();
    const one = link(recorder('n1', 1), ['a']);
    link(recorder('n1', 2), ['a']);
    recorders.lost(one);
    clock.advance(10_000);
    expect(lost).toEqual([]);
    expect(recorders.linked).toBe(1);
  });

  it('R-SUP-1: what an earlier core was told of is told again, or lost: also when its recorder never comes', () => {
    const { recorders, recorder, clock, lost } = setUp();
    for (const take of ['a', 'b']) recorders.expect(news(take));
    recorders.expect(news('c', { node: 'gone' }));
    const one = recorder('n', 1);
    recorders.attached(one);
    recorders.news(one, news('a'), false);
    recorders.synced(one);
    expect(lost).toEqual(['b']);
    clock.advance(3_000);
    expect(lost).toEqual(['b', 'c']);
  });

  it('R-REC-7: what is finished is held no more; of what is forgotten before that nothing will come', () => {
    const { clock, lost, recorders, recorder, link } = setUp();
    const one = link(recorder('n1', 1), ['a', 'b', 'c']);
    recorders.news(one, news('a', { phase: 'finished' }), false);
    recorders.forgotten(one, 'b');
    recorders.lost(one);
    clock.advance(10_000);
    expect(lost).toEqual(['b', 'c']);
  });

  it('R-REC-6: every recorder that holds a recording is ordered, and nobody else', async () => {
    const { ordered, recorders, recorder, link } = setUp();
    link(recorder('n1', 1), ['a']);
    link(recorder('n2', 1), ['a', 'b']);
    const ordering = { by: 'agent' };
    expect(await recorders.order('stop', 'r-a', ordering)).toEqual(['r-a', 'r-a']);
    expect(await recorders.order('stop', 'b', ordering)).toEqual(['b']);
    expect(ordered).toEqual(['n1/1 stop r-a', 'n2/1 stop r-a', 'n2/1 stop b']);
    await expect(recorders.order('stop', 'r-z', ordering)).rejects.toMatchObject({ code: 'recording-unknown' });
  });

  it('R-REC-6, R-HA-1: a pause reaches every recorder, also one that may have the recording next', async () => {
    const { ordered, recorders, recorder, link } = setUp();
    link(recorder('n1', 1), ['a']);
    link(recorder('n2', 1), []);
    await recorders.order('pause', 'r-a', { by: 'agent' });
    expect(ordered).toEqual(['n1/1 pause r-a', 'n2/1 pause r-a']);
  });

  it('R-SHD-2: who is not obeyed any more looks at its duty again', async () => {
    const { fenced, recorders, recorder, link } = setUp();
    link(recorder('n1', 1), ['a']);
    const mandate = { shard: 'acme/3', epoch: { n: 7, holder: 'a/core' } };
    await expect(recorders.order('stop', 'r-a', { by: 'rules', mandate })).rejects.toMatchObject({
      code: 'mandate-stale',
    });
    expect(fenced).toEqual(['acme/3']);
  });
});
