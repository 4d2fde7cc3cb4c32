export { FactJournal, type FactJournalOptions } from './fact-journal.io.ts';
