// An invitation into a cluster as a person carries it to another machine: one word, good for one node, once, for a while.

import { TwinreelError } from '#src/errors';
import { type Invitation, invitationSchema } from './membership.schema.ts';

export function invitationText(invitation: Invitation): string {
  return Buffer.from(JSON.stringify(invitation)).toString('base64url');
}

/** Throws `invitation-invalid`; what it holds is not repeated, for it is a secret. */
export function invitationOf(text: string): Invitation {
  try {
    return invitationSchema.parse(JSON.parse(Buffer.from(text, 'base64url').toString('utf8')));
  } catch {
    throw new TwinreelError('invitation-invalid', 'that is no invitation as `twinreel node invite` prints it');
  }
}
