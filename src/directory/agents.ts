// Who an agent is whose login code a telephony server tells: the person, the login, the place, the skills. Pure.

import type { Directory } from './directory.ts';
import { objectStates } from './numbers.protocol.ts';
import type { CfgAgentLogin, CfgPerson, CfgPlace, CfgSkill } from './objects.schema.ts';

export interface Agent {
  readonly person: CfgPerson;
  readonly login: CfgAgentLogin;
  /** Seconds of after-call work for this login. */
  readonly wrapupSeconds: number;
  readonly place?: CfgPlace;
  readonly skills: readonly { readonly skill: CfgSkill; readonly level: number }[];
}

/** Agents by the login code that T-Lib calls AgentID. Made once for a directory; asked for every call. */
export class AgentIndex {
  readonly #directory: Directory;
  readonly #logins = new Map<string, CfgAgentLogin>();
  readonly #persons = new Map<number, CfgPerson>();

  constructor(directory: Directory) {
    this.#directory = directory;
    for (const login of directory.all('CfgAgentLogin')) {
      if (login.state === objectStates.enabled) this.#logins.set(keyOf(login.switchDBID, login.loginCode), login);
    }
    for (const person of directory.all('CfgPerson')) {
      for (const { agentLoginDBID } of person.agentInfo?.agentLogins ?? []) this.#persons.set(agentLoginDBID, person);
    }
  }

  /** Who logs in with this code at this switch; undefined when nobody does. */
  byLogin(switchDbid: number, loginCode: string): Agent | undefined {
    const login = this.#logins.get(keyOf(switchDbid, loginCode));
    const person = login && this.#persons.get(login.DBID);
    if (!login || !person) return undefined;
    const { placeDBID = 0, skillLevels = [], agentLogins = [] } = person.agentInfo ?? {};
    const place = this.#directory.get('CfgPlace', placeDBID);
    return {
      person,
      login,
      wrapupSeconds: agentLogins.find(({ agentLoginDBID }) => agentLoginDBID === login.DBID)?.wrapupTime ?? 0,
      ...(place && { place }),
      skills: skillLevels.flatMap(({ skillDBID, level }) => {
        const skill = this.#directory.get('CfgSkill', skillDBID);
        return skill ? [{ skill, level }] : [];
      }),
    };
  }
}

function keyOf(switchDbid: number, loginCode: string): string {
  return `${switchDbid}/${loginCode}`;
}
