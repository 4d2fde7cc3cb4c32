// Searches somebody gave a name, to use again.

import { useEffect, useState } from 'preact/hooks';
import type { SearchesReply } from '#cluster/replay-api';
import { ask } from './api.ts';
import { follow, searchPath } from './route.ts';

type Saved = SearchesReply['searches'];

export function SavedSearches({ tenant, query }: { readonly tenant: string; readonly query: string }) {
  const [searches, setSearches] = useState<Saved>([]);
  useEffect(() => {
    ask<SearchesReply>('/api/searches').then(
      (reply) => setSearches(reply.searches),
      () => {},
    );
  }, []);
  const keep = async (wanted: Saved) =>
    setSearches((await ask<SearchesReply>('/api/searches', 'PUT', { searches: wanted })).searches);
  const save = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const name = String(new FormData(form).get('name')).trim();
    if (name) void keep([...searches.filter((one) => one.name !== name), { name, query }]).then(() => form.reset());
  };
  if (searches.length === 0 && !query) return null;
  return (
    <section class="card saved" aria-labelledby="saved">
      <h2 id="saved">Saved searches</h2>
      <ul>
        {searches.map(({ name, query: kept }) => (
          <li key={name} class="line">
            <a href={searchPath(tenant, kept)} onClick={follow} aria-current={kept === query ? 'page' : undefined}>
              {name}
            </a>
            <button
              type="button"
              class="quiet small"
              aria-label={`Forget ${name}`}
              onClick={() => keep(searches.filter((one) => one.name !== name))}
            >
              ×
            </button>
          </li>
        ))}
      </ul>
      {query && (
        <form class="line" onSubmit={save}>
          <input
            name="name"
            required
            maxLength={100}
            placeholder="name of this search"
            aria-label="Name of this search"
          />
          <button type="submit">Save</button>
        </form>
      )}
    </section>
  );
}
