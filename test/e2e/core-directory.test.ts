// A core that finds what to watch in a configuration server, and goes on with what it found when that is away.

import { expect, it, onTestFinished } from 'vitest';
import { coreControl } from '#cluster/core';
import { startMsrSource } from '#ops/lab/msr-source';
import { type CfgObject, DirectoryServer, parseObject, parseSite } from '#src/directory';
import { startNode } from '../harness/node.ts';
import { freeTcpPort } from '../harness/ports.ts';
import { startProcess, until } from '../harness/processes.ts';
import { startTelephony } from '../harness/telephony.ts';
import { spoken } from './stage.ts';

const siteOf = (tlibPort: number) =>
  parseSite(`
users:
  - { name: callrec, password: secret, application: CallREC_GIM }
objects:
  CfgTenant: [{ DBID: 101, name: Bank }]
  CfgHost: [{ DBID: 1, name: h, IPaddress: 127.0.0.1 }]
  CfgApplication:
    - { DBID: 7, name: SIPServer, type: 1, serverInfo: { hostDBID: 1, port: ${tlibPort} } }
  CfgSwitch:
    - { DBID: 4, tenantDBID: 101, name: Main, type: 72, TServerDBID: 7 }
    - { DBID: 5, tenantDBID: 101, name: Lonely, type: 72 }
  CfgDN:
    - { DBID: 11, switchDBID: 4, tenantDBID: 101, type: 1, number: '3556' }
    - { DBID: 12, switchDBID: 5, tenantDBID: 101, type: 1, number: '3600' }
  CfgAgentLogin: [{ DBID: 21, switchDBID: 4, tenantDBID: 101, loginCode: '7001' }]
  CfgPerson:
    - { DBID: 41, tenantDBID: 101, firstName: John, lastName: Smith, agentInfo: { agentLogins: [{ agentLoginDBID: 21 }] } }
`);

const secondDn = { DBID: 13, switchDBID: 4, tenantDBID: 101, type: 1, number: '3557' };

it('R-CFG-1, R-CFG-2, R-CFG-3, R-MD-1: a core watches what the configuration server names, hears of changes, and outlasts its absence', async () => {
  const [directoryPort, tlibPort, linkPort] = [await freeTcpPort(), await freeTcpPort(), await freeTcpPort()];
  const node = await startNode({
    config: {
      recorder: { packetsMin: 1, cores: [`127.0.0.1:${linkPort}`] },
      core: { linkPort, reconnectMs: 100, lingerMs: 500 },
      directory: { servers: [`127.0.0.1:${directoryPort}`], user: 'callrec', password: 'secret' },
    },
  });
  onTestFinished(() => node.stop());
  const source = await startMsrSource({ recorder: node.sip });
  onTestFinished(() => source.close());
  const telephony = await startTelephony(source, tlibPort);
  onTestFinished(() => telephony.server.close());
  let directory = await DirectoryServer.listen({ host: '127.0.0.1', port: directoryPort, site: siteOf(tlibPort) });
  onTestFinished(() => directory.close());
  const start = () =>
    startProcess({
      command: 'dist/cluster/processes/core.js',
      env: { TWINREEL_CONFIG: node.configFile },
      ready: { line: /"msg":"ready"/ },
    });
  let core = await start();
  onTestFinished(async () => void (await core.stop()));
  const registered = (dns: readonly string[]) =>
    until(`${dns} to be registered`, () =>
      telephony.server.clients.some((client) => [...client.dns].sort().join() === dns.join()),
    );

  await registered(['3556']);
  directory.put(parseObject('CfgDN', secondDn) as CfgObject);
  await registered(['3556', '3557']);
  expect(core.output()).toContain('its switch has no T-Server');

  await until(
    'the recorder to be linked',
    async () => (await coreControl.report(node.layout.coreSocket)).recorders === 1,
  );
  const call = telephony.established('3557', '5550100');
  await until('media', () => call.media);
  await spoken(call.media!, 100);
  await telephony.released(call);
  const couple = await until('the couple', async () =>
    (await coreControl.couples(node.layout.coreSocket)).find(
      ({ phase, takes }) => phase === 'ended' && takes.length > 0,
    ),
  );
  expect(couple).toMatchObject({
    tenant: 'Bank',
    switch: 'Main',
    name: 'John Smith',
    externalData: {
      GEN_CFG_TENANT: '101',
      GEN_CFG_SWITCH: '4',
      GEN_CFG_FirstName: 'John',
      GEN_CFG_AgentLoginInfo_0_LoginDbid: '21',
    },
  });

  // Neither the server nor this core are there for a while: the copy on disk is enough.
  await directory.close();
  core.kill('SIGKILL');
  await core.ended;
  core = await start();
  await registered(['3556', '3557']);
  directory = await DirectoryServer.listen({ host: '127.0.0.1', port: directoryPort, site: siteOf(tlibPort) });
  await registered(['3556']);
});
