export { invitationOf, invitationText } from './invitation.ts';
export { found, invite, joinCluster } from './joining.io.ts';
export type { Invitation } from './membership.schema.ts';
