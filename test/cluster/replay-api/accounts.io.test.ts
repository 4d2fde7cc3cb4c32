import { expect, it, onTestFinished } from 'vitest';
import { Accounts } from '#cluster/replay-api';
import { VirtualClock } from '#src/ports';
import { temporaryFolder } from '../../harness/processes.ts';

it('R-RPL-5, R-OPS-2: links and sessions end when their time is over, also for who opens the file again', async () => {
  const folder = temporaryFolder('accounts');
  onTestFinished(() => folder.remove());
  const clock = new VirtualClock();
  const accounts = await Accounts.open(folder.path, clock);
  const createdMs = clock.nowMs();
  const share = { tenant: 'north', conversation: 'call-1', by: 'ada', createdMs, expiresMs: createdMs + 60_000 };
  await accounts.putShare('one', share);
  await accounts.putShare('other', { ...share, expiresMs: createdMs + 120_000 });
  await accounts.putSession('ada', { user: 'ada', createdMs, expiresMs: createdMs + 60_000 });
  await clock.advance(59_999);
  expect(await accounts.share('one')).toEqual(share);
  expect(await accounts.sharesOf('north', ['call-1'])).toHaveLength(2);
  expect(await accounts.sharesOf('south', ['call-1'])).toEqual([]);
  await clock.advance(1);
  const left = async (asked: Accounts) => [
    await asked.share('one'),
    await asked.session('ada'),
    (await asked.sharesOf('north', ['call-1'])).map((one) => one.share),
  ];
  expect(await left(accounts)).toEqual([undefined, undefined, ['other']]);
  await accounts.close();
  const again = await Accounts.open(folder.path, clock);
  onTestFinished(() => again.close());
  expect(await left(again)).toEqual([undefined, undefined, ['other']]);
});
