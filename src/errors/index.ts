export { type Code, codes } from './codes.ts';
export { codeOf, type ErrorDetails, messageOf, TwinreelError } from './twinreel-error.ts';
