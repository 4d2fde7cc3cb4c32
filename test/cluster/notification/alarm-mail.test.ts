// Alarms by mail, against a real SMTP server on loopback.

import { describe, expect, it, onTestFinished } from 'vitest';
import { AlarmMail } from '#cluster/notification';
import { parseConfig } from '#src/config';
import { VirtualClock } from '#src/ports';
import { until } from '../../harness/processes.ts';
import { smtpSink } from '../../harness/smtp-sink.ts';

function mailer(port: number, more = '') {
  const { mail } = parseConfig(
    `mail: {host: 127.0.0.1, port: ${port}, from: twinreel@bank.example, to: [night@bank.example], ${more}}`,
    'test',
  );
  const failures: string[] = [];
  const failed = (why: string) => void failures.push(why);
  const clock = new VirtualClock();
  const made = new AlarmMail({ mail, node: 'node-1', process: 'recorder', clock, failed });
  onTestFinished(() => made.close());
  return { made, failures, clock };
}

describe('alarms by mail', () => {
  it('R-NOT-2: reach people: which, how often, and on which node', async () => {
    const { mails, port } = await smtpSink();
    const { made, clock } = mailer(port, 'user: callrec, password: s3cret');
    made.raise({ alarm: 'disk-full', text: '{"error":"no room"}' });
    made.raise({ alarm: 'disk-full', text: '{"error":"still no room"}' });
    await clock.advance(1_000);
    await until('the mail', () => mails.length > 0);
    expect(mails[0]).toMatchObject({ from: 'twinreel@bank.example', to: ['night@bank.example'], user: 'callrec' });
    expect(mails[0]!.text).toContain('Subject: Twinreel node-1: disk-full');
    expect(mails[0]!.text).toContain('process recorder on the node node-1');
    expect(mails[0]!.text).toContain('2 times');
    expect(mails[0]!.text).toContain('still no room');
  });

  it('R-NOT-2: that could not be sent are sent at the end, or said', async () => {
    const { mails, port } = await smtpSink(1);
    const { made, failures, clock } = mailer(port);
    made.raise({ alarm: 'sync-failed', text: '{}' });
    await clock.advance(1_000);
    await until('the refusal', () => failures.length > 0);
    expect(failures[0]).toContain('451');
    made.raise({ alarm: 'disk-full', text: '{}' });
    expect(mails).toEqual([]);
    await until('the mail', async () => [await clock.advance(1_000), mails.length > 0].at(-1));
    expect(mails[0]!.text).toMatch(/Subject: Twinreel node-1: sync-failed, disk-full/);
  });
});
