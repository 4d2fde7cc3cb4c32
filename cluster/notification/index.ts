export { AlarmMail, type AlarmMailOptions } from './alarm-mail.io.ts';
export { Feed, type FeedOptions } from './feed.io.ts';
export { Notices, type NoticeTaker } from './notices.ts';
export { type WaitingNotice, Webhooks, type WebhooksOptions } from './webhooks.io.ts';
