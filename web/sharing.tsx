// Links for somebody without an account.

import { useState } from 'preact/hooks';
import type { NewShareReply, SharesReply } from '#cluster/replay-api';
import { ask, wordsOf } from './api.ts';
import { momentOf } from './wording.ts';

const lasting: readonly (readonly [hours: number, words: string])[] = [
  [1, 'an hour'],
  [24, 'a day'],
  [72, '3 days'],
  [168, 'a week'],
  [720, '30 days'],
];

export function Sharing({ path }: { readonly path: string }) {
  const [link, setLink] = useState<string>();
  const [shares, setShares] = useState<SharesReply['shares']>([]);
  const [refusal, setRefusal] = useState('');
  const look = async () => setShares((await ask<SharesReply>(`${path}/shares`)).shares);
  const attempt = (work: () => Promise<void>) =>
    work().then(
      () => setRefusal(''),
      (error) => setRefusal(wordsOf(error)),
    );
  const share = (event: SubmitEvent) => {
    event.preventDefault();
    const hours = Number(new FormData(event.currentTarget as HTMLFormElement).get('hours'));
    void attempt(async () => {
      const made = await ask<NewShareReply>(`${path}/shares`, 'POST', { hours });
      setLink(location.origin + made.path);
      await look();
    });
  };
  const end = (one: string) =>
    attempt(async () => {
      setShares((await ask<SharesReply>(`${path}/shares/${one}`, 'DELETE')).shares);
      setLink(undefined);
    });
  return (
    <details class="popup" onToggle={(event) => event.currentTarget.open && attempt(look)}>
      <summary class="button">Share</summary>
      <div class="card">
        <form class="line" onSubmit={share}>
          <label class="inline">
            A link that lasts
            <select name="hours" defaultValue="72">
              {lasting.map(([hours, words]) => (
                <option key={hours} value={hours} selected={hours === 72}>
                  {words}
                </option>
              ))}
            </select>
          </label>
          <button type="submit" class="main">
            Make it
          </button>
        </form>
        {link && (
          <label>
            Shown only now
            <input readOnly value={link} onFocus={(event) => event.currentTarget.select()} />
          </label>
        )}
        {refusal && (
          <p class="refusal" role="alert">
            {refusal}
          </p>
        )}
        <ul>
          {shares.map(({ share: one, by, expiresMs }) => (
            <li key={one} class="line">
              <span>
                by {by}, until {momentOf(expiresMs)}
              </span>
              <button type="button" class="quiet" onClick={() => end(one)}>
                End
              </button>
            </li>
          ))}
        </ul>
      </div>
    </details>
  );
}
