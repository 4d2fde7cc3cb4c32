// Finding conversations: filters that stand in the address, a list that can be walked with the keyboard, searches to keep.

import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { ConversationRow, FoundPageReply } from '#cluster/replay-api';
import { ask, wordsOf } from './api.ts';
import { FilterForm } from './filter-form.tsx';
import { useNews } from './news.ts';
import { conversationPath, follow } from './route.ts';
import { SavedSearches } from './saved-searches.tsx';
import { directions, lengthOf, momentOf, partyOf, problems } from './wording.ts';

interface Found {
  readonly conversations: readonly ConversationRow[];
  readonly next: string | undefined;
}

export function SearchPage({ tenant, query }: { readonly tenant: string; readonly query: string }) {
  const [found, setFound] = useState<Found>();
  const [refusal, setRefusal] = useState('');
  const [isNew, setNew] = useState(false);
  const list = useRef<HTMLDivElement>(null);

  const look = useCallback(
    async (after?: string) => {
      const more = after === undefined ? '' : `&after=${encodeURIComponent(after)}`;
      const path = `/api/tenants/${encodeURIComponent(tenant)}/conversations?${query}${more}`;
      try {
        const page = await ask<FoundPageReply>(path);
        setRefusal('');
        setNew(false);
        setFound((before) => ({
          conversations: [...(after === undefined ? [] : (before?.conversations ?? [])), ...page.conversations],
          next: page.next,
        }));
      } catch (error) {
        setRefusal(wordsOf(error));
      }
    },
    [tenant, query],
  );
  useEffect(() => void look(), [look]);
  useNews(tenant, () => setNew(true));
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => walk(event, list.current);
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);

  const rows = found?.conversations ?? [];
  return (
    <div class="search">
      <aside>
        <FilterForm tenant={tenant} query={query} key={query} />
        <SavedSearches tenant={tenant} query={query} />
      </aside>
      <section aria-labelledby="found">
        <div class="line">
          <h1 id="found">Conversations</h1>
          {isNew && (
            <button type="button" class="quiet" onClick={() => look()}>
              There is news: look again
            </button>
          )}
          <span class="space" />
          <span class="remark" role="status">
            {found && `${rows.length}${found.next === undefined ? '' : '+'} found`}
          </span>
        </div>
        {refusal && (
          <p class="refusal" role="alert">
            {refusal}
          </p>
        )}
        {found && rows.length === 0 && <p class="card empty">Nothing was found. Fewer filters find more.</p>}
        <div class="rows" ref={list}>
          {rows.map((row) => (
            <Row key={row.conversation} tenant={tenant} query={query} row={row} />
          ))}
        </div>
        {found?.next !== undefined && (
          <button type="button" class="wide" onClick={() => look(found.next)}>
            Show more
          </button>
        )}
        <p class="remark keys">
          <kbd>/</kbd> search, <kbd>j</kbd> <kbd>k</kbd> walk, <kbd>Enter</kbd> open
        </p>
      </section>
    </div>
  );
}

function Row({
  tenant,
  query,
  row,
}: {
  readonly tenant: string;
  readonly query: string;
  readonly row: ConversationRow;
}) {
  const { conversation, participants, startedMs, endedMs, direction, problem, phase } = row;
  const named = (role: 'customer' | 'agent') =>
    [...new Set(participants.filter((one) => one.role === role).map(partyOf))].join(', ') || '–';
  return (
    <a class="row" href={conversationPath(tenant, conversation, query)} onClick={follow}>
      <span class="when">{momentOf(startedMs)}</span>
      <span class="parties">
        <span class="customer">{named('customer')}</span>
        <span class="agent">{named('agent')}</span>
      </span>
      <span class="direction">{directions[direction]}</span>
      <span class="length">{endedMs === undefined ? '' : lengthOf(endedMs - startedMs)}</span>
      <span class="state">
        {phase === 'running' && <span class="badge now">Running</span>}
        {problem !== 'NO_PROBLEM' && <span class="badge bad">{problems[problem]}</span>}
      </span>
    </a>
  );
}

/** `/` goes to the words, j and k (or arrows) from one conversation to the next. Enter on one is the browser's. */
function walk(event: KeyboardEvent, list: HTMLElement | null): void {
  if (event.metaKey || event.ctrlKey || event.altKey) return;
  const isTyping = event.target instanceof Element && event.target.matches('input, select, textarea');
  if (isTyping) return;
  if (event.key === '/') {
    event.preventDefault();
    document.querySelector<HTMLInputElement>('input[name=text]')?.focus();
  }
  const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
  if (step === undefined || !list) return;
  event.preventDefault();
  const rows = [...list.querySelectorAll<HTMLElement>('a.row')];
  const at = rows.indexOf(document.activeElement as HTMLElement);
  rows[at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step))]?.focus();
}
