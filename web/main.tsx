// The pages of replay. Everything that came with a call is shown as text, never as markup.

import { render } from 'preact';
import { useEffect } from 'preact/hooks';
import type { SessionReply } from '#cluster/replay-api';
import { ask, session } from './api.ts';
import { ConversationPage } from './conversation.tsx';
import { Frame } from './frame.tsx';
import { go, route, searchPath } from './route.ts';
import { SearchPage } from './search.tsx';
import { SharedPage } from './shared.tsx';
import { SignIn } from './sign-in.tsx';
import './style.css';

function Page() {
  const at = route.value;
  const who = session.value;
  useEffect(() => {
    if (at.page !== 'shared' && who === undefined)
      ask<SessionReply>('/api/session').then(
        (known) => {
          session.value = known;
        },
        () => {
          session.value ??= null;
        },
      );
  }, [at.page, who]);
  const first = who?.tenants[0]?.tenant;
  useEffect(() => {
    if (at.page === 'home' && first !== undefined) go(searchPath(first), 'replace');
  }, [at.page, first]);

  if (at.page === 'shared') return <SharedPage token={at.token} />;
  if (who === undefined) return null;
  if (who === null) return <SignIn />;
  switch (at.page) {
    case 'search':
      return (
        <Frame tenant={at.tenant}>
          <SearchPage tenant={at.tenant} query={at.query} key={at.tenant} />
        </Frame>
      );
    case 'conversation':
      return (
        <Frame tenant={at.tenant}>
          <ConversationPage
            tenant={at.tenant}
            name={at.conversation}
            from={at.from}
            key={`${at.tenant} ${at.conversation}`}
          />
        </Frame>
      );
    case 'home':
      return (
        <Frame tenant={undefined}>
          <p class="remark">{first === undefined ? 'There are no conversations that you may see yet.' : ''}</p>
        </Frame>
      );
    case 'unknown':
      return (
        <Frame tenant={undefined}>
          <h1>There is nothing here</h1>
          <p>This address means no page.</p>
        </Frame>
      );
  }
}

render(<Page />, document.getElementById('page')!);
