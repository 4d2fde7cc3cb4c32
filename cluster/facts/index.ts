export { decodeEntry, type Entry, EntryReader, encodeEntry, type NumberedFacts } from './entry.ts';
export { FactJournal, type FactJournalOptions, type Facts } from './fact-journal.io.ts';
