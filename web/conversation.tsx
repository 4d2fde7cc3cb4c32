// One conversation: heard, and everything known of it.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ConversationReply } from '#cluster/replay-api';
import { ask, may, pathOf, Refusal, wordsOf } from './api.ts';
import { Exporting } from './exporting.tsx';
import { ExternalData, Making, Participants, Timeline } from './facts.tsx';
import { useNews } from './news.ts';
import { Player } from './player.tsx';
import { Remarks } from './remarks.tsx';
import { follow, searchPath } from './route.ts';
import { Sharing } from './sharing.tsx';
import { directions, exactMomentOf, lengthOf, partyOf, problems } from './wording.ts';

const preparingMs = 2_000;

export function ConversationPage({
  tenant,
  name,
  from,
}: {
  readonly tenant: string;
  readonly name: string;
  readonly from: string;
}) {
  const [reply, setReply] = useState<ConversationReply>();
  const [refusal, setRefusal] = useState<unknown>();
  const seek = useRef<(ms: number) => void>(() => {});
  const path = pathOf(tenant, name);
  const look = useCallback(() => {
    ask<ConversationReply>(path).then(setReply, setRefusal);
  }, [path]);
  useEffect(look, [look]);
  useNews(tenant, (changed) => {
    if (reply?.conversation.aliases.includes(changed)) look();
  });
  const phase = reply?.audio.phase;
  useEffect(() => {
    if (phase !== 'preparing') return;
    // Asking for the conversation counts as looking at it each time; whether there is a waveform may be asked freely.
    const again = setInterval(() => ask(`${path}/peaks`).then(look, () => {}), preparingMs);
    return () => clearInterval(again);
  }, [phase, look, path]);

  const back = (
    <a class="back" href={searchPath(tenant, from)} onClick={follow}>
      ← Conversations
    </a>
  );
  if (refusal !== undefined && !reply) {
    const isMissing = refusal instanceof Refusal && refusal.code === 'nothing-here';
    return (
      <>
        {back}
        <h1>{isMissing ? 'There is nothing here' : 'This cannot be shown'}</h1>
        <p role="alert">{isMissing ? 'No conversation of this tenant has that name.' : wordsOf(refusal)}</p>
      </>
    );
  }
  if (!reply) return back;
  const { conversation, remarks, audio } = reply;
  return (
    <article class="conversation">
      {back}
      <ConversationHead conversation={conversation}>
        {may(tenant, 'export') && audio.phase !== 'preparing' && <Exporting path={path} />}
        {may(tenant, 'share') && <Sharing path={path} />}
      </ConversationHead>
      <Player
        conversation={conversation}
        heard={audio}
        path={path}
        onReady={(found) => {
          seek.current = found;
        }}
      />
      <div class="facts">
        <Timeline conversation={conversation} onSeek={(ms) => seek.current(ms)} />
        <Participants conversation={conversation} />
        <Remarks
          tenant={tenant}
          path={path}
          remarks={remarks}
          onChanged={(said) => setReply({ ...reply, remarks: said })}
        />
        <ExternalData conversation={conversation} />
        <Making conversation={conversation} />
      </div>
    </article>
  );
}

/** Who, when, how long, and what is wrong with it. */
export function ConversationHead({
  conversation: { participants, startedMs, endedMs, direction, problem, phase, isTorn },
  children,
}: {
  readonly conversation: Omit<ConversationReply['conversation'], 'couples' | 'externalData' | 'sources' | 'aliases'>;
  readonly children?: preact.ComponentChildren;
}) {
  const named = (role: 'customer' | 'agent') =>
    [...new Set(participants.filter((one) => one.role === role).map(partyOf))].join(', ') || '–';
  return (
    <div class="head">
      <div>
        <h1>
          <span class="customer">{named('customer')}</span> <span class="remark">with</span>{' '}
          <span class="agent">{named('agent')}</span>
        </h1>
        <p class="line">
          <span>{exactMomentOf(startedMs)}</span>
          <span>{directions[direction]}</span>
          {endedMs !== undefined && <span>{lengthOf(endedMs - startedMs)}</span>}
          {phase === 'running' && <span class="badge now">Running</span>}
          {problem !== 'NO_PROBLEM' && <span class="badge bad">{problems[problem]}</span>}
          {isTorn && <span class="badge bad">Joined with too many calls</span>}
        </p>
      </div>
      <div class="line">{children}</div>
    </div>
  );
}
