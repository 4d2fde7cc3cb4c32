// Whom a core tells of every change of what is recorded, besides agent desktops: webhooks, with a journal of their own, and readers
// of the live feed.

import { createHash, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { Logger } from 'pino';
import type { CoupleWord } from '#actors/call';
import { FactJournal } from '#cluster/facts';
import { Feed, Notices, type WaitingNotice, Webhooks } from '#cluster/notification';
import { type Config, type Layout, tenantConfigOf } from '#src/config';
import { systemClock, systemRandom } from '#src/ports';

export interface NotificationOptions {
  /** The settings in force. */
  readonly config: () => Config;
  readonly layout: Layout;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
  /** Called before anybody is told: when it returns, kill -9 can no longer take what is told. */
  readonly secure: () => void;
  readonly log: Logger;
}

export interface Notification {
  tell(word: CoupleWord): void;
  readonly figures: { readonly webhooks: number; readonly readers: number };
  /** Where the live feed is, if there is one. */
  readonly feed: string | undefined;
  compact(): Promise<void>;
  close(): Promise<void>;
}

const segmentBytesMax = 64 * 2 ** 20;

/** Rejects when the port of the feed is taken. */
export async function startNotification(options: NotificationOptions): Promise<Notification> {
  const { config, layout, publicKey, privateKey, secure, log } = options;
  const { webhookAttemptsMax, webhookQueueMax, webhookTimeoutMs, feedAddress, feedPort } = config().core;
  const journal = await FactJournal.open<WaitingNotice>({
    folder: layout.noticeJournalDir,
    writer: 'notice',
    publicKey,
    privateKey,
    segmentBytesMax,
    onAlarm: ({ alarm, message }) => log.error({ alarm, error: message }, 'alarm'),
    onCut: (report) => log.warn(report, 'what webhooks had not taken could not be read to its end'),
  });
  const webhooks = new Webhooks({
    journal,
    webhooksOf: (tenant) => tenantConfigOf(config(), tenant).webhooks,
    secure,
    attemptsMax: webhookAttemptsMax,
    queueMax: webhookQueueMax,
    timeoutMs: webhookTimeoutMs,
    clock: systemClock,
    random: systemRandom,
    log,
  });
  const tenantOf = (token: string) => config().core.tenants.find(({ feedToken }) => isSame(feedToken, token))?.name;
  const feed =
    feedPort === undefined
      ? undefined
      : await Feed.listen({
          address: feedAddress,
          port: feedPort,
          tenantOf,
          now: (tenant) => notices.now(tenant),
          secure,
          clock: systemClock,
        });
  const notices: Notices = new Notices(feed ? [webhooks, feed] : [webhooks]);
  const place = feed && `http://${feedAddress.includes(':') ? `[${feedAddress}]` : feedAddress}:${feed.port}/feed`;
  if (place) log.info({ feed: place }, 'live feed');

  return {
    tell: (word) => notices.tell(word),
    get figures() {
      return { webhooks: webhooks.waiting, readers: feed?.readers ?? 0 };
    },
    feed: place,
    compact: () => journal.compact(),
    async close() {
      webhooks.close();
      await feed?.close();
      await journal.close();
    },
  };
}

/** In a time that tells nothing of how much of a guess is right. */
function isSame(token: string | undefined, shown: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return token !== undefined && timingSafeEqual(digest(token), digest(shown));
}
