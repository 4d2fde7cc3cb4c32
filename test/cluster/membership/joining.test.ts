// How machines become one cluster: real TLS on loopback, certificates by openssl.

import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { identityOf, RecorderLinks } from '#cluster/links';
import { found, type Invitation, invitationOf, invitationText, invite, joinCluster } from '#cluster/membership';
import { configOfText, type Layout, layoutOf } from '#src/config';
import { ensureKeyPair } from '#src/journal';
import { systemClock, systemRandom, VirtualClock } from '#src/ports';
import { placeJournalKeys } from '../../harness/journal-keys.ts';
import { temporaryFolder, until } from '../../harness/processes.ts';
import { type Listener, listen } from '../links/listener.ts';

/** The folders of a node that has nothing yet. */
function newNode(): Layout {
  const folder = temporaryFolder('membership');
  onTestFinished(() => folder.remove());
  return layoutOf(configOfText(`dataDir: ${folder.path}`, 'test'));
}

async function founder(): Promise<Layout> {
  const layout = newNode();
  placeJournalKeys(layout.keysDir);
  await found('n1', layout);
  return layout;
}

/** `act` while `node` is invited; what becomes of the invitation. */
async function whileInvited(layout: Layout, node: string, act: (invitation: Invitation) => Promise<unknown>) {
  let acted: Promise<unknown> = Promise.resolve();
  const clock = new VirtualClock();
  const waited = invite({
    ...{ layout, node, host: '127.0.0.1', port: 0, forMs: 60_000, clock, random: systemRandom },
    onWaiting(invitation) {
      acted = act(invitation).finally(() => void clock.advance(60_000));
    },
  });
  const outcome = await waited.then(
    () => 'joined',
    (error) => error.code,
  );
  await acted;
  return outcome;
}

it('R-HA-7: a node that was invited joins, has its own certificate and the journal key of the cluster, for nobody else to read', async () => {
  const [first, second] = [await founder(), newNode()];
  const outcome = await whileInvited(first, 'n2', (invitation) =>
    joinCluster(invitationOf(invitationText(invitation)), 'n2', second),
  );
  expect(outcome).toBe('joined');
  const keyOf = (layout: Layout) => readFileSync(join(layout.keysDir, 'journal-private.pem'), 'utf8');
  expect(keyOf(second)).toBe(keyOf(first));
  expect(identityOf({}, second.identityDir)?.key).not.toBe(identityOf({}, first.identityDir)?.key);
  expect(statSync(join(second.identityDir, 'key.pem')).mode & 0o077).toBe(0);
});

/** A recorder of `node`, with what is in the folders of `layout`, and what it warns of. */
function recorderOf(node: string, layout: Layout, core: Listener) {
  const warnings: string[] = [];
  const links = new RecorderLinks({
    ...{ node, pid: 42, startedMs: 7, streamsMax: 8, tags: {}, secret: 'twinreel', beatMs: 250, missedMax: 4 },
    identity: identityOf({}, layout.identityDir),
    ...{ clock: systemClock, random: systemRandom, fixed: [core.server.place] },
    log: { info() {}, warn: (fields, text) => void warnings.push(`${text} ${JSON.stringify(fields)}`) },
    ...{ session: () => undefined, sessions: () => [], figures: () => ({ sessions: 0, streams: 0, backlog: 0 }) },
    onCommand: () => Promise.resolve([]),
  });
  onTestFinished(() => links.close());
  return warnings;
}

it('R-HA-7: nodes of one cluster are linked by certificates; no other is, nor one under the name of another', async () => {
  const [first, second, stranger] = [await founder(), newNode(), newNode()];
  await whileInvited(first, 'n2', (invitation) => joinCluster(invitation, 'n2', second));
  await found('n2', stranger);
  const core = await listen({ node: 'n1', identity: identityOf({}, first.identityDir) });
  onTestFinished(() => core.server.close());
  recorderOf('n2', second, core);
  await until('the link', () => core.synced.length === 1);
  expect(core.synced).toEqual(['n2/42']);
  recorderOf('n3', second, core);
  await until('the false name to be noticed', () => core.warnings.some((one) => one.includes('that of n2')));
  const refused = [recorderOf('n2', stranger, core), recorderOf('n2', newNode(), core)];
  await until('both to be turned away', () => refused.every((warnings) => warnings.length > 0));
  expect(core.synced).toEqual(['n2/42']);
});

it('R-HA-7: a core of another name than its certificate has is not told anything', async () => {
  const [first, second] = [await founder(), newNode()];
  await whileInvited(first, 'n2', (invitation) => joinCluster(invitation, 'n2', second));
  const core = await listen({ node: 'n3', identity: identityOf({}, first.identityDir) });
  onTestFinished(() => core.server.close());
  const warnings = recorderOf('n2', second, core);
  await until('the false name to be noticed', () => warnings.some((one) => one.includes('that of n1')));
  expect(core.synced).toEqual([]);
});

it('R-HA-7: who may not join is told why, and whoever was invited may still come', async () => {
  const [first, second, member] = [await founder(), newNode(), await founder()];
  const own = newNode();
  await ensureKeyPair(own.keysDir);
  const codes: string[] = [];
  const tried = (attempt: Promise<unknown>) =>
    attempt.then(
      () => void codes.push('joined'),
      (error: { code: string }) => void codes.push(error.code),
    );
  const outcome = await whileInvited(first, 'n2', async (invitation) => {
    const fingerprint = invitation.fingerprint.replace(/^../, (pair) => (pair === '00' ? '11' : '00'));
    await tried(joinCluster({ ...invitation, fingerprint }, 'n2', second));
    await tried(joinCluster({ ...invitation, secret: '0'.repeat(64) }, 'n2', second));
    await tried(joinCluster(invitation, 'n3', second));
    await tried(joinCluster(invitation, 'n2', member));
    await tried(joinCluster(invitation, 'n2', second));
    await tried(joinCluster(invitation, 'n2', newNode()));
  });
  expect(outcome).toBe('joined');
  expect(codes).toEqual([
    'join-refused',
    'join-refused',
    'invitation-invalid',
    'node-certified',
    'joined',
    'join-refused',
  ]);
  expect(await whileInvited(first, 'n4', (invitation) => tried(joinCluster(invitation, 'n4', own)))).toBe('joined');
  expect(codes.at(-1)).toBe('node-has-recorded');
  expect(await whileInvited(first, 'n5', async () => {})).toBe('invitation-expired');
});

it('R-HA-7: only who has founded a cluster invites; a word that is no invitation is refused without being repeated', async () => {
  const nobody = newNode();
  expect(await whileInvited(nobody, 'n2', async () => {})).toBe('cluster-not-founded');
  await found('n1', nobody);
  await expect(found('n1', nobody)).rejects.toMatchObject({ code: 'node-certified' });
  await found('n1', nobody, 'again');
  expect(() => invitationOf('geheim')).toThrow(expect.objectContaining({ code: 'invitation-invalid' }));
  expect(() => invitationOf('geheim')).not.toThrow('geheim');
});
