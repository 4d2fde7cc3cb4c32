import { describe, expect, it } from 'vitest';
import { ReadyPairs } from '../../../cluster/keeper/ready-pairs.ts';

const pair = (name: string) => ({ name, heard: false });

/** A stock that has `names` and says what it asks for. */
function stock({ kept, names = [] }: { kept: number; names?: readonly string[] }) {
  const asked: number[] = [];
  const pairs = new ReadyPairs<ReturnType<typeof pair>>((count) => asked.push(count));
  pairs.keep(kept);
  for (const name of names) pairs.add(pair(name));
  return { pairs, asked };
}

describe('the stock of ready socket pairs', () => {
  it('R-REC-2: is asked for at once, and anew when an eighth of it is gone', async () => {
    const { pairs, asked } = stock({ kept: 16, names: Array.from({ length: 16 }, (_, index) => `${index}`) });
    expect(asked).toEqual([16]);
    await pairs.take();
    expect(asked).toEqual([16]);
    await pairs.take();
    expect(asked).toEqual([16, 2]);
  });

  it('R-REC-2: gives the one that has rested longest', async () => {
    const { pairs } = stock({ kept: 2, names: ['a', 'b'] });
    const first = await pairs.take();
    pairs.give(first);
    expect((await pairs.take()).name).toBe('b');
    expect((await pairs.take()).name).toBe('a');
  });

  it('R-REC-4: passes one over that somebody still sends to, as long as there is another', async () => {
    const { pairs } = stock({ kept: 3, names: [] });
    const [a, b, c] = ['a', 'b', 'c'].map(pair) as [
      ReturnType<typeof pair>,
      ReturnType<typeof pair>,
      ReturnType<typeof pair>,
    ];
    for (const one of [a, b, c]) pairs.add(one);
    a.heard = true;
    b.heard = true;
    expect(await pairs.take()).toBe(c);
    expect(await pairs.take()).toBe(a);
    b.heard = true;
    expect(await pairs.take()).toBe(b);
  });

  it('R-REC-2: empty, it gives what comes next, new or back, in the order it was asked', async () => {
    const { pairs, asked } = stock({ kept: 0 });
    const taken = [pairs.take(), pairs.take()];
    expect(asked).toEqual([1, 1]);
    pairs.give(pair('back'));
    pairs.add(pair('new'));
    expect((await Promise.all(taken)).map(({ name }) => name)).toEqual(['back', 'new']);
  });

  it('R-REC-2: without ports refuses whoever waits, and asks for no stock until there is one again', async () => {
    const { pairs, asked } = stock({ kept: 4 });
    const waits = pairs.take();
    expect(asked).toEqual([4, 1]);
    pairs.add(pair('only'));
    expect((await waits).name).toBe('only');
    pairs.refused(4, 'no free port');
    const refused = pairs.take();
    expect(asked).toEqual([4, 1, 1]);
    pairs.refused(1, 'no free port');
    await expect(refused).rejects.toMatchObject({ code: 'rtp-ports-exhausted', message: 'no free port' });
    const waitsAgain = pairs.take();
    pairs.add(pair('free again'));
    expect((await waitsAgain).name).toBe('free again');
    void pairs.take();
    expect(asked).toEqual([4, 1, 1, 1, 5]);
  });

  it('R-REC-2: refuses nobody for whom one is still on its way', async () => {
    const { pairs } = stock({ kept: 0 });
    const [first, second] = [pairs.take(), pairs.take()];
    pairs.refused(1, 'no free port');
    await expect(second).rejects.toMatchObject({ code: 'rtp-ports-exhausted' });
    pairs.add(pair('last'));
    expect((await first).name).toBe('last');
  });
});
