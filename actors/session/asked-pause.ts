// A pause is wanted until every order to pause has been taken back. Orders have names, so that of two that come in another sequence
// elsewhere none ends the other: whoever did not hear of a resume can be told later which pause it was about. Pure.

/** Who wants nothing kept, and the orders to pause that say so, by name. */
export interface AskedPause {
  readonly by: string;
  /** Absent in facts of earlier versions. */
  readonly orders?: readonly string[];
}

/** Orders that are told apart, the latest ones. */
const ordersMax = 64;

/** The names of all orders, without those that came twice. */
export function withOrders(known: readonly string[] = [], more: readonly string[] = []): readonly string[] {
  return [...new Set([...known, ...more])].slice(-ordersMax);
}

export function isNewOrder(known: readonly string[] = [], asked: readonly string[] = []): boolean {
  return asked.some((one) => !known.includes(one));
}

/** Whether a resume that takes these orders back ends a pause that `holding` want; one that names none ends every pause. */
export function isTakenBack(holding: readonly string[] = [], taken?: readonly string[]): boolean {
  return taken === undefined || (holding.length > 0 && holding.every((one) => taken.includes(one)));
}
