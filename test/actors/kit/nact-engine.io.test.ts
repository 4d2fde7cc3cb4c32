import { setImmediate as nextTurn } from 'node:timers/promises';
import { startActorSystem } from '#actors/kit';
import { seededRandom, VirtualClock } from '#src/ports';
import { conformance } from './conformance.ts';

// nact runs on the real event loop; only the kit's clock is virtual, so that no test waits.
conformance('nact', (options) => {
  const clock = new VirtualClock();
  const system = startActorSystem({ name: 'conformance', clock, random: seededRandom(1), ...options });
  const settle = async () => {
    do await nextTurn();
    while (system.inspect().turnsPending > 0);
  };
  const advance = async (durationMs: number) => {
    await settle();
    for (let passedMs = 0; passedMs < durationMs; passedMs++) {
      clock.advance(1);
      await settle();
    }
  };
  return { system, clock, advance };
});
