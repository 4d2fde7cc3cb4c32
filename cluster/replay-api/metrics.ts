// Figures for Prometheus. None of them names a tenant, a person or a conversation: who may read figures may not know these.

import { Counter, Gauge, Histogram, Registry } from 'prom-client';

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
}
