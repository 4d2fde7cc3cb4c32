// Figures for Prometheus. None of them names a tenant, a person or a conversation: who may read figures may not know these.

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export class ApiMetrics {
  readonly registry = new Registry();
  readonly requests = new Histogram({
    name: 'twinreel_replay_request_seconds',
    help: 'Time until an answer was complete, by route and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.3, 1, 5, 30],
    registers: [this.registry],
  });
  readonly signIns = new Counter({
    name: 'twinreel_replay_sign_ins_total',
    help: 'Attempts to sign in, by outcome.',
    labelNames: ['outcome'],
    registers: [this.registry],
  });
  readonly playbacks = new Counter({
    name: 'twinreel_replay_playbacks_total',
    help: 'Requests for audio that was given.',
    registers: [this.registry],
  });
  readonly audioBytes = new Counter({
    name: 'twinreel_replay_audio_bytes_total',
    help: 'Bytes of audio given to players.',
    registers: [this.registry],
  });
  readonly exports = new Counter({
    name: 'twinreel_replay_exports_total',
    help: 'Conversations exported.',
    registers: [this.registry],
  });
  readonly leakedPackets = new Counter({
    name: 'twinreel_replay_leaked_packets_total',
    help: 'Packets that a copy held although another one was paused; nobody hears them.',
    registers: [this.registry],
  });
  readonly newsReaders = new Gauge({
    name: 'twinreel_replay_news_readers',
    help: 'Pages that wait for news.',
    registers: [this.registry],
  });

  /** Also of the process itself, and what `figures` gives by name whenever somebody looks; while it rejects these are absent. */
  tell(figures: () => Promise<Readonly<Record<string, number>>>): void {
    collectDefaultMetrics({ register: this.registry });
    const gauge = new Gauge({
      name: 'twinreel_replay_figure',
      help: 'What replay has and does now: bytes of facts in memory, recordings on their way, jobs of audio.',
      labelNames: ['figure'],
      registers: [this.registry],
      async collect() {
        const counted = Object.entries(await figures().catch(() => ({})));
        gauge.reset();
        for (const [figure, value] of counted) gauge.set({ figure }, value);
      },
    });
  }
}
