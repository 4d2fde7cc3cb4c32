// A SIP peer that is not ours: SIPp places calls, an application on drachtio-srf answers them.

import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runSipp } from '../../harness/sipp.ts';
import { newScenario, sdp, until } from './scenario.ts';
import { elsewhere, isHere } from './server.ts';

/** SIPp runs here, on the loopback address. */
const isLocal = elsewhere === undefined || elsewhere.host.startsWith('127.');

describe('R-SIP-3: calls of SIPp', () => {
  it.runIf(isLocal)('00: 50 calls are answered and ended', async () => {
    const scenario = await newScenario();
    let ended = 0;
    scenario.application.invite((request, response) => {
      scenario.application.createUAS(request, response, { localSdp: sdp }, (_, dialog) => {
        dialog.on('destroy', () => {
          ended += 1;
        });
      });
    });
    await scenario.connect();
    const result = await runSipp({
      scenario: resolve(import.meta.dirname, 'uac.xml'),
      target: { address: scenario.server.host, port: scenario.server.sipPort },
      calls: 50,
      callsPerSecond: 100,
      pauseMs: 100,
    });
    // Not its complaints: on a busy machine SIPp repeats a BYE and then wonders about the second answer.
    expect(result).toMatchObject({ exitCode: 0, succeeded: 50, failed: 0 });
    await until(() => ended === 50);
    if (!isHere) return;
    expect(scenario.server.counters()).toMatchObject({ dialogs: 0, refused: {} });
    await scenario.server.advance(32_000);
    expect(scenario.server.counters()).toMatchObject({ transactions: 0, answersAbandoned: 0 });
  });
});
