import { describe, expect, it } from 'vitest';
import type { Attributes } from '#src/cti';
import { coupleId } from '#src/ids';
import { parseRules, RuleBook } from '#src/rules';
import { callUuid, nobody, recordingId, setUp } from './tenant-alone.ts';

describe('what cores tell each other of a couple', () => {
  it('R-HA-1, R-HA-2: who asks again for what was lost says so first', async () => {
    const { world, event, news, tell } = await setUp();
    await event('EventEstablished');
    await news({ callUuid, recordDn: '3556' });
    await tell({ type: 'takes-lost', takes: ['t1'] });
    expect(world.switch.asked.map(({ message }) => message).slice(-2)).toEqual([
      'RequestDistributeUserEvent',
      'RequestPrivateService',
    ]);
  });

  it('R-RUL-5, R-HA-2: what a person tells one core to keep, every core that watches the DN keeps', async () => {
    const rules = new RuleBook(parseRules('admin: {rules: [{name: sample, policy: pre-record}]}', 'rules.yaml'));
    const both = [await setUp({ settings: { rules } }), await setUp({ settings: { rules } })] as const;
    for (const { event, news } of both) {
      await event('EventEstablished');
      await news({ callUuid, recordDn: '3556' });
      await event('EventReleased');
    }
    const standings = () => both.map(({ world }) => world.couple.standing);
    expect(standings()).toEqual(['pre-recording', 'pre-recording']);
    expect(await both[0].command(recordingId, 'keep')).toHaveLength(1);
    expect(standings()).toEqual(['recording', 'pre-recording']);
    const asked = both[0].world.switch.asked.at(-1)!;
    expect(asked.message).toBe('RequestDistributeUserEvent');
    for (const { event } of both) await event('EventUserEvent', { ...nobody, ...(asked.attributes as Attributes) });
    expect(standings()).toEqual(['recording', 'recording']);
    // Heard, and not told again.
    expect(both.map(({ world }) => world.switch.asked.at(-1)!.message)).toEqual([
      asked.message,
      'RequestPrivateService',
    ]);
  });

  it('R-RUL-5, R-HA-2: a couple is kept under the sid that a core gives it whose media came before the event', async () => {
    const rules = new RuleBook(parseRules('admin: {rules: [{name: sample, policy: pre-record}]}', 'rules.yaml'));
    const { world, event, news } = await setUp({ settings: { rules } });
    await event('EventEstablished');
    await news({ callUuid, recordDn: '3556' });
    const sid = coupleId({ tenant: 'acme', callUuid, dn: '3556', partyUuid: '' });
    expect(world.couple).toMatchObject({ standing: 'pre-recording', sid: expect.not.stringContaining(sid) });
    await event('EventUserEvent', { ...nobody, UserData: [['TWINREEL_KEEP', sid]] });
    expect(world.couple.standing).toBe('recording');
  });
});
