import { execFile } from 'node:child_process';
import { createPublicKey } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from '../../harness/processes.ts';
import { toneRecording, toneSigning } from '../../src/recording/tone-recording.ts';

interface Verdict {
  readonly exitCode: number;
  readonly recordings: number;
  readonly findings: readonly string[];
  readonly skipped: readonly string[];
}

/** As a person types it. */
function verify(config: string): Promise<Verdict> {
  const args = [resolve('dist/ops/cli/twinreel.js'), 'verify', '--json', '--config', config];
  return new Promise((settle) => {
    execFile(process.execPath, args, (error, stdout) =>
      settle({ exitCode: Number(error?.code ?? 0), ...(JSON.parse(stdout) as Omit<Verdict, 'exitCode'>) }),
    );
  });
}

it('R-RPL-7, R-KEY-1: verify finds what is not as it was signed, in recordings of the node and of its replay, and ends with 1', async () => {
  const folder = temporaryFolder('verify');
  onTestFinished(() => folder.remove());
  const config = join(folder.path, 'twinreel.yaml');
  writeFileSync(config, JSON.stringify({ dataDir: folder.path }));
  mkdirSync(join(folder.path, 'keys'));
  const pem = createPublicKey(toneSigning.privateKey).export({ type: 'spki', format: 'pem' });
  writeFileSync(join(folder.path, 'keys', 'signing-public.pem'), pem);
  const tones = [{ party: '1', hz: 440, fromMs: 0, toMs: 400 }];
  const at = (take: string, where = 'recordings') => toneRecording(join(folder.path, where), { take, tones });
  await at('whole');
  const [altered, shorter, forged] = [
    await at('altered'),
    await at('shorter', 'replay/recordings'),
    await at('forged'),
  ];
  const packets = readFileSync(join(altered, 'n1.rtp'));
  packets[packets.length - 200]! ^= 1;
  writeFileSync(join(altered, 'n1.rtp'), packets);
  writeFileSync(join(shorter, 'n1.rtp'), packets.subarray(0, 900));
  const manifest = JSON.parse(readFileSync(join(forged, 'manifest.json'), 'utf8'));
  manifest.facts.endReason = 'operator';
  writeFileSync(join(forged, 'manifest.json'), JSON.stringify(manifest));
  const { findings, ...verdict } = await verify(config);
  expect(verdict).toMatchObject({ exitCode: 1, recordings: 4 });
  expect(verdict.skipped).toEqual([expect.stringContaining('conversations: nobody answers')]);
  expect(findings).toHaveLength(3);
  expect(findings).toEqual(
    expect.arrayContaining([
      expect.stringContaining(`${altered}: n1.rtp is not what was signed`),
      expect.stringContaining(`${shorter}: n1.rtp has 900 bytes`),
      `${forged}: the signature of its manifest does not hold`,
    ]),
  );
});
