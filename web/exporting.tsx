// A conversation to take away, and what goes with it.

import { useState } from 'preact/hooks';
import type { OriginalKind } from '#cluster/replay-api';

const kinds: readonly (readonly [kind: OriginalKind, words: string])[] = [
  ['wav', 'Audio as WAV'],
  ['flac', 'Audio as FLAC'],
  ['packets', 'Packets for Wireshark, signed manifests'],
];

export function Exporting({ path }: { readonly path: string }) {
  const [wanted, setWanted] = useState<readonly OriginalKind[]>([]);
  const query = new URLSearchParams(wanted.map((kind) => ['with', kind])).toString();
  return (
    <details class="popup">
      <summary class="button">Export</summary>
      <div class="card">
        <p>A ZIP with the audio as MP3 and all that is known of the conversation.</p>
        {kinds.map(([kind, words]) => (
          <label key={kind} class="inline">
            <input
              type="checkbox"
              checked={wanted.includes(kind)}
              onChange={({ currentTarget: { checked } }) =>
                setWanted(checked ? [...wanted, kind] : wanted.filter((one) => one !== kind))
              }
            />
            {words}
          </label>
        ))}
        <a class="button main" href={`${path}/export${query && `?${query}`}`} download>
          Download
        </a>
      </div>
    </details>
  );
}
