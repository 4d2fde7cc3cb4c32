// Decides what to do about metadata of a recording client: it is noted, and where something is missing the client is asked
// for all of it (RFC 7866 §9.2). Never touches a stream: metadata costs no audio.

import type { ToldMetadata } from '#src/sip/siprec';
import type { Telling } from './telling.ts';

/** Times that one dialog is asked; a client whose metadata cannot be read will not write better for the hundredth time. */
const snapshotsMax = 3;
/** Metadata that does not come with the INVITE has this long to come by itself. */
const patienceMs = 1_000;

/** Metadata came. What comes after the end of its dialog belongs to nothing. */
export function metadataTold(told: Telling, dialog: string, metadata: ToldMetadata): void {
  const known = told.state.dialogs.get(dialog);
  if (known === undefined || known.phase === 'ended') return;
  told.fact({ type: 'metadata-told', dialog, metadata });
  requestSnapshot(told, dialog);
}

/** The dialog is answered: is there something to wait for? */
export function awaitMetadata(told: Telling, dialog: string): void {
  if (mayBeAsked(told, dialog)) told.effect({ type: 'await-metadata', dialog, ms: patienceMs });
}

/** Asks for complete metadata if something is missing, and the client can be asked. */
export function requestSnapshot(told: Telling, dialog: string): void {
  if (!mayBeAsked(told, dialog)) return;
  told.fact({ type: 'snapshot-asked', dialog });
  told.effect({ type: 'request-snapshot', dialog });
}

function mayBeAsked(told: Telling, dialog: string): boolean {
  const known = told.state.dialogs.get(dialog);
  const able = known?.phase === 'answered' && known.invite.siprec?.snapshots === true;
  return able && told.state.told?.gap === true && known.snapshotsAsked < snapshotsMax;
}
