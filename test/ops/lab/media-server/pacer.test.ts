import { expect, it } from 'vitest';
import { VirtualClock } from '#src/ports';
import { Pacer } from '../../../../ops/lab/media-server/pacer.ts';

function paced(rate: number) {
  const clock = new VirtualClock();
  const startMs = clock.monotonicMs();
  const left: [number, number][] = [];
  const pacer = new Pacer(clock, rate, (packet) => left.push([packet[0]!, clock.monotonicMs() - startMs]));
  const burst = (count: number) => {
    for (let packet = 0; packet < count; packet += 1) pacer.send(Uint8Array.of(packet));
  };
  return { clock, left, pacer, burst };
}

it('R-REC-3: a burst leaves at the rate that is allowed, in order', () => {
  const { clock, left, burst } = paced(4);
  burst(5);
  clock.advance(1_000);
  expect(left).toEqual([
    [0, 0],
    [1, 0],
    [2, 5],
    [3, 10],
    [4, 15],
  ]);
});

it('loses nothing: what is too much, or left over at the end, leaves at once', () => {
  const { left, pacer, burst } = paced(1);
  burst(110);
  expect(left.length).toBeGreaterThanOrEqual(10);
  pacer.flush();
  expect(left.map(([packet]) => packet)).toEqual([...Array(110).keys()]);
});

it('a rate must be above 0', () => {
  expect(() => paced(0)).toThrow('numbers above 0');
});
