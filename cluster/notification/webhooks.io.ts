// Tells webhooks of tenants what is recorded: each message signed, in its order, again and again until it is taken or given up. What
// has not been taken is in a journal of its own, so a crash costs none. Must never hold up a call.

import type { FactJournal } from '#cluster/facts';
import { messageOf } from '#src/errors';
import {
  type Deliveries,
  type DeliveryEffect,
  type DeliveryMessage,
  type DeliveryRules,
  decideDelivery,
  noDeliveries,
  type StatusEvent,
  signedHeaders,
} from '#src/notification';
import type { Clock, Random, Timer } from '#src/ports';

/** A message that a webhook has not taken yet. */
export interface WaitingNotice {
  readonly tenant: string;
  readonly url: string;
  readonly event: StatusEvent;
}

export interface WebhooksOptions extends DeliveryRules {
  readonly journal: FactJournal<WaitingNotice>;
  /** The webhooks of a tenant as they are set now. */
  readonly webhooksOf: (tenant: string) => readonly { readonly url: string; readonly secret: string }[];
  /** Called before a message goes out: what it follows from must outlast a crash. */
  readonly secure: () => void;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: { warn(fields: object, text: string): void; error(fields: object, text: string): void };
}

interface Webhook {
  readonly tenant: string;
  readonly url: string;
  readonly events: Map<string, StatusEvent>;
  deliveries: Deliveries;
  timer?: Timer;
}

export class Webhooks {
  readonly #options: WebhooksOptions;
  readonly #webhooks = new Map<string, Webhook>();
  readonly #ended = new AbortController();

  /** Goes on with what an earlier process left. */
  constructor(options: WebhooksOptions) {
    this.#options = options;
    for (const subject of options.journal.subjects()) {
      const [notice] = options.journal.of(subject);
      if (notice) this.#queue(notice);
    }
  }

  /** Messages that no webhook has taken yet. */
  get waiting(): number {
    return [...this.#webhooks.values()].reduce((sum, { events }) => sum + events.size, 0);
  }

  readonly hears = (tenant: string): boolean => this.#options.webhooksOf(tenant).length > 0;

  tell(event: StatusEvent): void {
    const { journal, webhooksOf } = this.#options;
    for (const { url } of webhooksOf(event.tenant)) {
      const notice = { tenant: event.tenant, url, event };
      if (!this.#queue(notice)) continue;
      // A crash takes at most what the call tells again.
      journal.note(subjectOf(notice), [notice]);
    }
  }

  close(): void {
    this.#ended.abort();
    for (const { timer } of this.#webhooks.values()) timer?.cancel();
  }

  /** False when it waits already. */
  #queue({ tenant, url, event }: WaitingNotice): boolean {
    const key = JSON.stringify([tenant, url]);
    const webhook = this.#webhooks.get(key) ?? { tenant, url, events: new Map(), deliveries: noDeliveries };
    this.#webhooks.set(key, webhook);
    if (webhook.events.has(event.id)) return false;
    webhook.events.set(event.id, event);
    this.#hear(webhook, { type: 'queued', id: event.id });
    return true;
  }

  #hear(webhook: Webhook, message: DeliveryMessage): void {
    if (this.#ended.signal.aborted) return;
    const [deliveries, effects] = decideDelivery(webhook.deliveries, message, this.#options);
    webhook.deliveries = deliveries;
    for (const effect of effects) this.#perform(webhook, effect);
  }

  #perform(webhook: Webhook, effect: DeliveryEffect): void {
    const { clock, log } = this.#options;
    const { tenant, url } = webhook;
    switch (effect.type) {
      case 'send':
        void this.#send(webhook, effect.id).then((answer) => this.#hear(webhook, answer));
        return;
      case 'wait':
        webhook.timer = clock.after(effect.ms, () => this.#hear(webhook, { type: 'due' }));
        return;
      case 'delivered':
        this.#forget(webhook, effect.id);
        return;
      case 'given-up': {
        const { id, attempts, why } = effect;
        log.error({ alarm: 'webhook-given-up', tenant, url, id, attempts, error: why }, 'alarm');
        this.#forget(webhook, id);
        return;
      }
      case 'dropped':
        log.error({ alarm: 'webhook-queue-full', tenant, url, id: effect.id }, 'alarm');
        this.#forget(webhook, effect.id);
        return;
    }
  }

  async #send({ tenant, url, events }: Webhook, id: string): Promise<DeliveryMessage> {
    const { clock, random, webhooksOf, timeoutMs, secure, log } = this.#options;
    const spread = random.fraction();
    const known = webhooksOf(tenant).find((one) => one.url === url);
    // Nobody wants it any more.
    if (!known) return { type: 'answered', status: 410, spread };
    secure();
    const body = JSON.stringify(events.get(id));
    const headers = { 'content-type': 'application/json', ...signedHeaders(id, body, known.secret, clock.nowMs()) };
    const signal = AbortSignal.any([this.#ended.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      const response = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      await response.body?.cancel();
      return { type: 'answered', status: response.status, spread };
    } catch (error) {
      const cause = error instanceof Error && error.cause ? messageOf(error.cause) : messageOf(error);
      if (!this.#ended.signal.aborted) log.warn({ tenant, url, id, error: cause }, 'a webhook did not answer');
      return { type: 'failed', why: cause, spread };
    }
  }

  #forget({ tenant, url, events }: Webhook, id: string): void {
    const event = events.get(id);
    events.delete(id);
    if (event) this.#options.journal.forget(subjectOf({ tenant, url, event }));
  }
}

function subjectOf({ tenant, url, event }: WaitingNotice): string {
  return JSON.stringify([tenant, url, event.id]);
}
