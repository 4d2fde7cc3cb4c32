export {
  type DemonstrationOptions,
  type DemonstrationProgress,
  type DemonstrationResult,
  placeDemonstrationCall,
} from './demonstration-call.io.ts';
export {
  type DialogueOptions,
  type DialogueProgress,
  type DialogueResult,
  placeDialogueCall,
} from './dialogue-call.io.ts';
