export {
  type Alarm,
  type AlarmCount,
  type AlarmDigest,
  dueInMs,
  givenBack,
  noAlarms,
  taken,
  withAlarm,
} from './alarm-digest.core.ts';
export {
  type Deliveries,
  type DeliveryEffect,
  type DeliveryMessage,
  type DeliveryRules,
  decideDelivery,
  noDeliveries,
} from './delivery.core.ts';
export { isSigned, type SignedHeaders, signedHeaders } from './signature.ts';
export { type StatusEvent, statusEvent } from './status-event.ts';
