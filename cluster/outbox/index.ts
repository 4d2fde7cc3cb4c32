export { type ConsumeOptions, consumeFacts, type FactConsumer } from './consumer.io.ts';
export { type Fact, type FactType, type Finished, readFact, type WrittenFact, writeFact } from './fact.schema.ts';
export { Kept, type KeptFact } from './kept.ts';
export { Outbox, type OutboxJournal, type OutboxNote, type OutboxOptions } from './outbox.io.ts';
export type { Told } from './told.ts';
