// baresip as a phone of the lab: a program that is not ours, where it is installed.

export { Baresip, type BaresipOptions } from './baresip.io.ts';
