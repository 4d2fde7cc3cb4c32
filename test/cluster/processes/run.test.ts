// A real core process: what is changed in its settings while it runs, and who hears of it.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { startProcess, temporaryFolder, until } from '../../harness/processes.ts';
import { smtpSink } from '../../harness/smtp-sink.ts';

it('R-CFG-5, R-NOT-2: refused settings are an alarm, and an alarm is a mail', async () => {
  const folder = temporaryFolder('run');
  onTestFinished(() => folder.remove());
  const { mails, port } = await smtpSink();
  const configFile = join(folder.path, 'twinreel.yaml');
  const mail = { host: '127.0.0.1', port, to: ['night@bank.example'] };
  const write = (core: object) =>
    writeFileSync(
      configFile,
      stringify({ node: 'node-7', dataDir: folder.path, mail, core: { linkPort: 0, ...core } }),
    );
  write({});
  const core = await startProcess({
    command: 'dist/cluster/processes/core.js',
    env: { TWINREEL_CONFIG: configFile },
    ready: { line: /"msg":"ready"/ },
  });
  onTestFinished(async () => void (await core.stop()));
  write({ operationMode: 'EPR' });
  core.kill('SIGHUP');
  await until('the mail', () => mails.length > 0);
  expect(mails[0]!.text).toContain('Subject: Twinreel node-7: config-invalid');
  expect(mails[0]!.text).toContain('EPR');
  expect(core.output()).toContain('those before stay in force');
});
