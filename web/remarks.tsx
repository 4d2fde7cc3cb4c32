// Tags and notes of people who heard it.

import { useState } from 'preact/hooks';
import type { ConversationReply } from '#cluster/replay-api';
import { ask, may, wordsOf } from './api.ts';
import { momentOf } from './wording.ts';

type Said = ConversationReply['remarks'];

export function Remarks({
  tenant,
  path,
  remarks: { tags, notes },
  onChanged,
}: {
  readonly tenant: string;
  readonly path: string;
  readonly remarks: Said;
  readonly onChanged: (remarks: Said) => void;
}) {
  const [refusal, setRefusal] = useState('');
  const change = async (form: HTMLFormElement | undefined, ...asked: Parameters<typeof ask>) => {
    try {
      onChanged(await ask<Said>(...asked));
      form?.reset();
      setRefusal('');
    } catch (error) {
      setRefusal(wordsOf(error));
    }
  };
  const setTags = (wanted: readonly string[], form?: HTMLFormElement) =>
    change(form, `${path}/tags`, 'PUT', { tags: wanted });
  const addTag = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    void setTags([...tags, String(new FormData(form).get('tag'))], form);
  };
  const addNote = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    void change(form, `${path}/notes`, 'POST', { text: new FormData(form).get('text') });
  };
  const mayTag = may(tenant, 'tag');
  return (
    <section class="card" aria-labelledby="remarks">
      <h2 id="remarks">Tags and notes</h2>
      <div class="line">
        {tags.map((tag) => (
          <span key={tag} class="tag">
            {tag}
            {mayTag && (
              <button
                type="button"
                class="quiet small"
                aria-label={`Remove tag ${tag}`}
                onClick={() => setTags(tags.filter((one) => one !== tag))}
              >
                ×
              </button>
            )}
          </span>
        ))}
        {mayTag && (
          <form class="line" onSubmit={addTag}>
            <input name="tag" required maxLength={64} placeholder="tag" aria-label="New tag" size={10} />
            <button type="submit">Add</button>
          </form>
        )}
      </div>
      <ul class="notes">
        {notes.map(({ note, by, atMs, text }) => (
          <li key={note}>
            <p>{text}</p>
            <span class="remark">
              {by}, {momentOf(atMs)}
            </span>
          </li>
        ))}
      </ul>
      {may(tenant, 'note') && (
        <form onSubmit={addNote}>
          <textarea name="text" required maxLength={4_000} rows={2} placeholder="note" aria-label="New note" />
          <button type="submit">Add note</button>
        </form>
      )}
      {refusal && (
        <p class="refusal" role="alert">
          {refusal}
        </p>
      )}
    </section>
  );
}
