// The filters of a search. What is in the form is what stands in the address, so a search can be sent to somebody.

import { useState } from 'preact/hooks';
import { go, searchPath } from './route.ts';
import { directions, problems } from './wording.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

export function FilterForm({ tenant, query }: { readonly tenant: string; readonly query: string }) {
  const asked = new URLSearchParams(query);
  const value = (name: string) => asked.get(name) ?? '';
  const more = [...asked.keys()].filter((name) => name !== 'text').length;
  const [isOpen, setOpen] = useState(matchMedia('(min-width: 60rem)').matches);
  const apply = (event: Event) => {
    event.preventDefault();
    go(searchPath(tenant, queryOf(new FormData(event.currentTarget as HTMLFormElement))));
  };
  const since = (ms: number) => {
    const begin = new Date(Date.now() - ms);
    begin.setSeconds(0, 0);
    if (ms >= dayMs) begin.setHours(0, 0);
    asked.set('fromMs', String(begin.getTime()));
    asked.delete('toMs');
    go(searchPath(tenant, asked.toString()));
  };
  return (
    <form class="card filters" onSubmit={apply}>
      <label class="words">
        Words
        <input
          name="text"
          type="search"
          defaultValue={value('text')}
          placeholder="names, numbers, data, notes"
          maxLength={200}
        />
      </label>
      <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{more > 0 ? `Filters (${more})` : 'Filters'}</summary>
        <div class="fields">
          <fieldset class="whole since">
            <legend>Begun</legend>
            <button type="button" onClick={() => since(hourMs)}>
              last hour
            </button>
            <button type="button" onClick={() => since(dayMs)}>
              since yesterday
            </button>
            <button type="button" onClick={() => since(7 * dayMs)}>
              7 days
            </button>
          </fieldset>
          <label class="whole">
            From
            <input name="fromMs" type="datetime-local" defaultValue={localTime(value('fromMs'))} />
          </label>
          <label class="whole">
            Until
            <input name="toMs" type="datetime-local" defaultValue={localTime(value('toMs'))} />
          </label>
          <label>
            Number
            <input name="number" defaultValue={value('number')} inputMode="tel" maxLength={200} />
          </label>
          <label>
            Recorded DN
            <input name="dn" defaultValue={value('dn')} maxLength={200} />
          </label>
          <label>
            Agent id
            <input name="agent" defaultValue={value('agent')} maxLength={200} />
          </label>
          <Choice label="Direction" name="direction" chosen={value('direction')} words={directions} />
          <label>
            From minutes
            <input name="lengthMsMin" type="number" min="0" step="any" defaultValue={minutes(value('lengthMsMin'))} />
          </label>
          <label>
            To minutes
            <input name="lengthMsMax" type="number" min="0" step="any" defaultValue={minutes(value('lengthMsMax'))} />
          </label>
          <label>
            Data
            <input name="key" defaultValue={value('key')} maxLength={200} placeholder="name" />
          </label>
          <label>
            Its value
            <input name="value" defaultValue={value('value')} maxLength={200} />
          </label>
          <label>
            Tag
            <input name="tag" defaultValue={value('tag')} maxLength={64} />
          </label>
          <Choice
            label="Problem"
            name="problem"
            chosen={value('problem')}
            words={{ any: 'Any problem', ...problems }}
          />
        </div>
      </details>
      <div class="line">
        <button type="submit" class="main">
          Search
        </button>
        {query && (
          <button type="button" class="quiet" onClick={() => go(searchPath(tenant))}>
            Clear
          </button>
        )}
      </div>
    </form>
  );
}

function Choice({
  label,
  name,
  chosen,
  words,
}: {
  readonly label: string;
  readonly name: string;
  readonly chosen: string;
  readonly words: Readonly<Record<string, string>>;
}) {
  return (
    <label>
      {label}
      <select name={name}>
        <option value="">Any</option>
        {Object.entries(words).map(([value, word]) => (
          <option key={value} value={value} selected={value === chosen}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}

/** As it stands in the address, without what is empty. */
function queryOf(form: FormData): string {
  const query = new URLSearchParams();
  for (const [name, said] of form) {
    const text = String(said).trim();
    if (text === '') continue;
    if (name === 'fromMs' || name === 'toMs') query.set(name, String(new Date(text).getTime()));
    else if (name === 'lengthMsMin' || name === 'lengthMsMax')
      query.set(name, String(Math.round(Number(text) * 60_000)));
    else query.set(name, text);
  }
  return query.toString();
}

/** For a field of the browser, in its own time zone. */
function localTime(ms: string): string {
  if (!/^\d+$/.test(ms)) return '';
  const at = new Date(Number(ms));
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function minutes(ms: string): string {
  return /^\d+$/.test(ms) ? String(Number(ms) / 60_000) : '';
}
