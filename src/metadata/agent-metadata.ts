// What the configuration server knows of an agent, as external data (guide ch. 4, tables 4 and 5). Pure.

import type { Agent } from '#src/directory';
import { type AgentNameStyle, fullName } from './agent-name.ts';

/** An agent as a couple tells of it. `configured`: by the guide's names without prefix, empty ones left out. */
export interface AgentMetadata {
  readonly name?: string;
  readonly configured: Readonly<Record<string, string>>;
}

/** Logins and skills are numbered from 0, in the order of the configuration server. */
export function agentMetadata({ person }: Pick<Agent, 'person'>, style: AgentNameStyle): AgentMetadata {
  const { placeDBID = 0, agentLogins = [], skillLevels = [] } = person.agentInfo ?? {};
  const logins = agentLogins.map(({ agentLoginDBID, wrapupTime }, index) => [
    [`AgentLoginInfo_${index}_LoginDbid`, dbidText(agentLoginDBID)],
    [`AgentLoginInfo_${index}_WrapupTime`, String(wrapupTime)],
  ]);
  const skills = skillLevels.map(({ skillDBID, level }, index) => [
    [`AgentSkillLevels_${index}_SkillDbid`, dbidText(skillDBID)],
    [`AgentSkillLevels_${index}_Level`, String(level)],
  ]);
  const all = {
    EmployeeID: person.employeeID,
    FirstName: person.firstName,
    LastName: person.lastName,
    UserName: person.userName,
    AdminType: person.isAdmin ? '1' : '0',
    AgentType: person.isAgent ? '1' : '0',
    PlaceDbid: dbidText(placeDBID),
    State: String(person.state),
    ...(Object.fromEntries([...logins, ...skills].flat()) as Record<string, string>),
  };
  const name = fullName(person, style);
  return {
    ...(name === undefined ? {} : { name }),
    configured: Object.fromEntries(Object.entries(all).filter(([, value]) => value !== '')),
  };
}

/** 0 stands for none. */
function dbidText(dbid: number): string {
  return dbid === 0 ? '' : String(dbid);
}
