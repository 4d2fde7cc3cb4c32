// Sends alarms of a process to people, by SMTP. Never more than a mail for each kind in the quiet time, never one alarm less: what
// cannot be sent is sent later. A mail server that is away costs nothing but that.

import { createTransport, type Transporter } from 'nodemailer';
import type { Config } from '#src/config';
import { messageOf } from '#src/errors';
import { type Alarm, type AlarmCount, dueInMs, givenBack, noAlarms, taken, withAlarm } from '#src/notification';
import type { Clock, Timer } from '#src/ports';

export interface AlarmMailOptions {
  readonly mail: Config['mail'];
  readonly node: string;
  readonly process: string;
  readonly clock: Clock;
  /** For what must not become an alarm itself. */
  readonly failed: (why: string) => void;
}

/** How long the first alarm of a kind waits for what goes with it. */
const gatherMs = 1_000;
const retryMs = 5_000;
const retryMsMax = 600_000;
const answerMsMax = 20_000;

export class AlarmMail {
  readonly #options: AlarmMailOptions;
  readonly #transport: Transporter;
  #digest = noAlarms;
  #timer: Timer | undefined;
  #failures = 0;
  #sending: Promise<void> | undefined;

  constructor(options: AlarmMailOptions) {
    this.#options = options;
    const { host, port, tls, user, password } = options.mail;
    this.#transport = createTransport({
      host: host ?? 'localhost',
      port,
      secure: tls === 'implicit',
      requireTLS: tls === 'required',
      ignoreTLS: tls === 'none',
      connectionTimeout: answerMsMax,
      greetingTimeout: answerMsMax,
      socketTimeout: answerMsMax,
      ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
    });
  }

  raise(alarm: Alarm): void {
    this.#digest = withAlarm(this.#digest, alarm, this.#options.clock.nowMs());
    if (this.#failures === 0) this.#schedule();
  }

  /** Sends what waits before the process ends, if that can be done at once. */
  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#sending;
    if (this.#digest.waiting.size > 0 && this.#failures === 0) await this.#send();
    this.#timer?.cancel();
    this.#transport.close();
  }

  #schedule(): void {
    const { clock, mail } = this.#options;
    const dueMs = dueInMs(this.#digest, { gatherMs, quietMs: mail.quietMs }, clock.nowMs());
    if (this.#sending || dueMs === undefined) return;
    this.#wait(dueMs);
  }

  #wait(ms: number): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(ms, () => {
      this.#sending = this.#send().finally(() => {
        this.#sending = undefined;
        if (this.#failures === 0) this.#schedule();
        else this.#wait(Math.min(retryMs * 2 ** (this.#failures - 1), retryMsMax));
      });
    });
  }

  async #send(): Promise<void> {
    const { mail, node, process, clock, failed } = this.#options;
    const [after, alarms] = taken(this.#digest, clock.nowMs());
    this.#digest = after;
    try {
      const subject = `Twinreel ${node}: ${alarms.map(({ alarm }) => alarm).join(', ')}`.slice(0, 200);
      await this.#transport.sendMail({
        from: mail.from,
        to: [...mail.to],
        subject,
        text: textOf(alarms, node, process),
      });
      this.#failures = 0;
    } catch (error) {
      this.#failures += 1;
      this.#digest = givenBack(this.#digest, alarms);
      failed(messageOf(error));
    }
  }
}

function textOf(alarms: readonly AlarmCount[], node: string, process: string): string {
  const lines = alarms.map(({ alarm, text, count, firstMs, lastMs }) => {
    const often = count === 1 ? iso(firstMs) : `${count} times, ${iso(firstMs)} to ${iso(lastMs)}, the last one`;
    return `${alarm}\n  ${often}\n  ${text}`;
  });
  return `Alarms of the process ${process} on the node ${node}:\n\n${lines.join('\n\n')}\n`;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
