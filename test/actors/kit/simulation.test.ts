import { simulateActorSystem } from '#actors/kit';
import { conformance } from './conformance.ts';

conformance('virtual time', ({ tree, onFailure }) => {
  const system = simulateActorSystem({ seed: 1, tree, onFailure });
  return { system, clock: system.clock, advance: (durationMs) => system.advance(durationMs) };
});
