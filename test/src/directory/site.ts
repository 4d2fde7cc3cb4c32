// A site of two tenants for tests: one switch with a SIP T-Server and its backup, one without, one that is no SIP switch.

export const site = `
users:
  - { name: callrec, password: secret, application: CallREC_GIM }
  - { name: admin, password: admin }
objects:
  CfgTenant:
    - { DBID: 1, name: Environment }
    - { DBID: 2, name: Bank }
  CfgHost:
    - { DBID: 1, name: sip.example, IPaddress: 127.0.0.1 }
    - { DBID: 2, name: sip2.example }
  CfgApplication:
    - { DBID: 10, name: SIPServer, type: 1, password: hidden, serverInfo: { hostDBID: 1, port: 3000, backupServerDBID: 11 }, options: { TServer: { msml-support: true } } }
    - { DBID: 11, name: SIPServer_B, type: 1, isPrimary: false, serverInfo: { hostDBID: 2, port: '3001' } }
    - { DBID: 12, name: NoHost, type: 1 }
    - { DBID: 20, name: RS_1, type: 156, options: { gvp.rm: { aor: 'sip:rec1:5060' }, provision: { recording-server: 1 } } }
  CfgSwitch:
    - { DBID: 100, tenantDBID: 1, name: Main, type: 72, TServerDBID: 10 }
    - { DBID: 101, tenantDBID: 1, name: Lonely, type: 72 }
    - { DBID: 102, tenantDBID: 1, name: Old, type: 5, TServerDBID: 10 }
    - { DBID: 103, tenantDBID: 2, name: Bank, type: 72, TServerDBID: 12 }
  CfgDN:
    - { DBID: 1001, switchDBID: 100, tenantDBID: 1, type: 1, number: '3556', userProperties: { TServer: { record: true } } }
    - { DBID: 1002, switchDBID: 100, tenantDBID: 1, type: 2, number: '3557' }
    - { DBID: 1003, switchDBID: 100, tenantDBID: 1, type: 7, number: '8000' }
    - { DBID: 1004, switchDBID: 100, tenantDBID: 1, type: 15, number: '9000' }
    - { DBID: 1005, switchDBID: 100, tenantDBID: 1, type: 4, number: '7000' }
    - { DBID: 1006, switchDBID: 100, tenantDBID: 1, type: 1, number: '3558', state: 2 }
    - { DBID: 1007, switchDBID: 101, tenantDBID: 1, type: 1, number: '3600' }
    - { DBID: 1008, switchDBID: 102, tenantDBID: 1, type: 1, number: '3700' }
    - { DBID: 1009, switchDBID: 103, tenantDBID: 2, type: 1, number: '3556' }
    - { DBID: 1010, switchDBID: 999, tenantDBID: 1, type: 1, number: '3800' }
  CfgAgentLogin:
    - { DBID: 500, switchDBID: 100, tenantDBID: 1, loginCode: '7001' }
    - { DBID: 501, switchDBID: 103, tenantDBID: 2, loginCode: '7001' }
  CfgPlace:
    - { DBID: 600, tenantDBID: 1, name: Desk 1, DNDBIDs: [1001] }
  CfgSkill:
    - { DBID: 700, tenantDBID: 1, name: Czech }
  CfgPerson:
    - { DBID: 800, tenantDBID: 1, firstName: John, lastName: Smith, userName: jsmith, isAgent: true, agentInfo: { placeDBID: 600, skillLevels: [{ skillDBID: 700, level: 5 }, { skillDBID: 799, level: 1 }], agentLogins: [{ agentLoginDBID: 500, wrapupTime: 30 }] } }
    - { DBID: 801, tenantDBID: 2, firstName: Jane, lastName: Doe, isAgent: true, agentInfo: { agentLogins: [{ agentLoginDBID: 501 }] } }
`;
