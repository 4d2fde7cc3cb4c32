export { isPlainDn } from './characters.ts';
export { type DnRangeSettings, DnRanges } from './dn-ranges.ts';
export { type CallNumbers, MaskList } from './mask.ts';
export { compilePattern, headOf, type Pattern } from './pattern.ts';
