// Signing in.

import { useState } from 'preact/hooks';
import type { SessionReply } from '#cluster/replay-api';
import { ask, session, wordsOf } from './api.ts';
import { Reels, ThemeButton } from './frame.tsx';

export function SignIn() {
  const [refusal, setRefusal] = useState('');
  const [isAsking, setAsking] = useState(false);
  const signIn = async (event: SubmitEvent) => {
    event.preventDefault();
    const said = new FormData(event.currentTarget as HTMLFormElement);
    setAsking(true);
    setRefusal('');
    try {
      const [user, password] = [said.get('user'), said.get('password')];
      session.value = await ask<SessionReply>('/api/session', 'POST', { user, password });
    } catch (error) {
      setRefusal(wordsOf(error));
      setAsking(false);
    }
  };
  return (
    <main class="alone">
      <form class="card sign-in" onSubmit={signIn}>
        <div class="line">
          <h1 class="brand">
            <Reels /> Twinreel
          </h1>
          <ThemeButton />
        </div>
        <label>
          User
          <input name="user" autocomplete="username" required maxLength={200} />
        </label>
        <label>
          Password
          <input name="password" type="password" autocomplete="current-password" required maxLength={200} />
        </label>
        <p class="refusal" role="alert">
          {refusal}
        </p>
        <button type="submit" class="main" disabled={isAsking}>
          Sign in
        </button>
      </form>
    </main>
  );
}
