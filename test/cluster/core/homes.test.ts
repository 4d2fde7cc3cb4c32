import { describe, expect, it } from 'vitest';
import type { SessionNews } from '#src/recording';
import { Homes } from '../../../cluster/core/homes.ts';
import type { TenantSite } from '../../../cluster/core/sites.ts';

function site(name: string, dbid: number, dns: readonly string[]): TenantSite {
  return { name, dbid, client: { name: 'callrec' }, switches: [{ name: 'sw', servers: [], dns, leftOut: 0 }] };
}

function session(dn: string, metadata: Record<string, string> = {}, tenant = 'default'): SessionNews {
  const dialog = { dialog: 'd', callId: 'c', fromTag: 't', phase: 'answered', source: 'udp/x', invitedMs: 1 } as const;
  return {
    take: 't1',
    recordingId: 'r1',
    tenant,
    node: 'n1',
    form: 'msr',
    phase: 'recording',
    startedMs: 1,
    paused: false,
    pauses: [],
    dialogs: [{ ...dialog, dn, metadata }],
    streams: [],
  };
}

const homes = new Homes([site('Bank', 101, ['3556', '4000']), site('Shop', 102, ['3556', '5000'])]);

describe('the tenant of a recording session', () => {
  it.each<[string, SessionNews, string, 'sure' | 'guessed']>([
    ['is the one it names', session('3556', {}, 'Shop'), 'Shop', 'sure'],
    [
      'is the one whose number the media server tells',
      session('3556', { 'x-genesys-gvp-session-id': 'A-B;gvp.rm.datanodes=2|1;gvp.rm.tenant-id=1.102_MSML_PROFILE' }),
      'Shop',
      'sure',
    ],
    ['is the only one who watches its DN', session('5000'), 'Shop', 'sure'],
    ['is only guessed where two have its DN', session('3556'), 'Bank', 'guessed'],
    ['is only guessed where nobody has it', session('9999'), 'Bank', 'guessed'],
  ])('R-CFG-3, R-CFG-4: %s', (_, news, tenant, is) => {
    expect(homes.of(news)).toEqual({ tenant, is });
  });

  it('R-CFG-3: is the one there is', () => {
    expect(new Homes([site('Bank', 101, [])]).of(session('9999'))).toEqual({ tenant: 'Bank', is: 'sure' });
    expect(new Homes([]).of(session('9999')).tenant).toBeUndefined();
  });
});
