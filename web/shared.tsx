// What a link shows to whoever has it: the player, who spoke, and what happened.

import { useEffect, useRef, useState } from 'preact/hooks';
import type { SharedReply } from '#cluster/replay-api';
import { ask, wordsOf } from './api.ts';
import { ConversationHead } from './conversation.tsx';
import { Participants, Timeline } from './facts.tsx';
import { Frame } from './frame.tsx';
import { Player } from './player.tsx';
import { momentOf } from './wording.ts';

export function SharedPage({ token }: { readonly token: string }) {
  const [reply, setReply] = useState<SharedReply>();
  const [refusal, setRefusal] = useState('');
  const seek = useRef<(ms: number) => void>(() => {});
  const path = `/api/shared/${encodeURIComponent(token)}`;
  useEffect(() => {
    ask<SharedReply>(path).then(setReply, (error) => setRefusal(wordsOf(error)));
  }, [path]);
  return (
    <Frame tenant={undefined}>
      {refusal && (
        <>
          <h1>There is nothing here</h1>
          <p role="alert">{refusal}</p>
        </>
      )}
      {reply && (
        <article class="conversation">
          <ConversationHead conversation={reply.conversation}>
            <span class="remark">This link lasts until {momentOf(reply.expiresMs)}</span>
          </ConversationHead>
          <Player
            conversation={reply.conversation}
            heard={reply.audio}
            path={path}
            onReady={(found) => {
              seek.current = found;
            }}
          />
          <div class="facts">
            <Timeline conversation={reply.conversation} onSeek={(ms) => seek.current(ms)} />
            <Participants conversation={reply.conversation} />
          </div>
        </article>
      )}
    </Frame>
  );
}
