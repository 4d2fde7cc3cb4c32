import { describe, expect, it } from 'vitest';
import type { Take, TakeStream } from '#src/recording';
import { partiesOf } from '../../../src/recording/parties.ts';

const position = { segment: 's', block: 0, offset: 0 };

function stream(party: string, more: Partial<TakeStream> = {}): TakeStream {
  const place = { from: position, to: position, dialog: 'd', formats: [], paused: 0, endReason: 'bye' };
  return { stream: `${party}-${JSON.stringify(more)}`, party, ...place, ...more };
}

function sides(streams: readonly TakeStream[], names: Readonly<Record<string, string>> = {}): string[] {
  const parties = Object.entries(names).map(([number, name]) => ({ number, ...(name === '' ? {} : { name }) }));
  const take = { streams, told: { parties, calls: [], couples: [], unreadable: [] } } as unknown as Take;
  return partiesOf(take).map(({ number, name, channel }) => `${number}${name ? ` ${name}` : ''} ${channel}`);
}

const speakers = (...numbers: string[]) => numbers.map((number, at) => ({ number, fromMs: at, toMs: at + 1 }));

describe('the parties of a recording', () => {
  it('R-REC-8: first left, second right, a third at the same time on both', () => {
    expect(sides([stream('1'), stream('2'), stream('3')])).toEqual(['1 left', '2 right', '3 both']);
  });

  it('R-SIP-1: two streams of one party are on one side', () => {
    expect(sides([stream('1'), stream('1', { label: 'x' }), stream('2')])).toEqual(['1 left', '2 right']);
  });

  it('R-SIP-2: names come from metadata; who has no stream is named all the same', () => {
    expect(sides([stream('1'), stream('2')], { 1: 'Alice', 2: '', 3: 'Carol' })).toEqual([
      '1 Alice left',
      '2 right',
      '3 Carol none',
    ]);
  });

  it('R-SIP-2: who takes over a stream takes over its side', () => {
    expect(sides([stream('1'), stream('2', { speakers: speakers('2', '3') })])).toEqual([
      '1 left',
      '2 right',
      '3 right',
    ]);
  });

  it('R-SIP-2: voices of a mixed stream are on both sides', () => {
    expect(sides([stream('1', { mixed: true, speakers: speakers('1', '2') })])).toEqual(['1 both', '2 both']);
  });

  it('R-SIP-2: calls in turn have two sides each', () => {
    const first = { lived: { fromMs: 0, toMs: 10 } };
    const second = { lived: { fromMs: 20, toMs: 30 } };
    expect(sides([stream('1', first), stream('2', first), stream('3', second), stream('4', second)])).toEqual([
      '1 left',
      '2 right',
      '3 left',
      '4 right',
    ]);
  });
});
