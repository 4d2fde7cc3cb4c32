export { type Alignment, align } from './align.ts';
export { type ArrivedPacket, buildTimeline, TimelineBuilder, type TimelineOptions } from './builder.ts';
export { headOf, type PacketHead } from './packet-head.ts';
export type {
  Gap,
  Interval,
  PacketCounts,
  RunSummary,
  SenderClock,
  Span,
  TelephoneEvent,
  Timeline,
  WallInterval,
} from './timeline.ts';
