// Phones that do as they are told: call, answer, hold, transfer, speak, and say what they hear.

export type { Heard } from './heard.ts';
export type { Phone, PhoneOptions } from './phone.io.ts';
export type { PhoneCall, PhoneCallEnd, PhoneCallPhase } from './phone-call.io.ts';
export { type Phones, type PhonesOptions, startPhones } from './phones.io.ts';
