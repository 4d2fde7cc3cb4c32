export {
  type DemonstrationOptions,
  type DemonstrationProgress,
  type DemonstrationResult,
  placeDemonstrationCall,
} from './demonstration-call.io.ts';
