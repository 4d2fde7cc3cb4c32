// What is known of a conversation besides its sound, each with who said it.

import type { ConversationReply, SharedReply } from '#cluster/replay-api';
import { takesOf } from './strips.tsx';
import { clockOrigins, kinds, lengthOf, partyOf, secondsOf, sourceStates } from './wording.ts';

type Shown = ConversationReply['conversation'];

export function Timeline({
  conversation: { timeline, audio },
  onSeek,
}: {
  readonly conversation: SharedReply['conversation'];
  readonly onSeek: (ms: number) => void;
}) {
  return (
    <section class="card" aria-labelledby="timeline">
      <h2 id="timeline">What happened</h2>
      <ol class="timeline">
        {timeline.map((event) => {
          const { kind, fromMs, toMs, party, detail } = event;
          return (
            <li key={`${kind} ${fromMs} ${party}`}>
              <Place event={event} audio={audio} onSeek={onSeek} />
              <span>
                {kinds[kind]}
                {detail && `: ${detail}`}
                {party && <span class="remark"> {party}</span>}
                {toMs !== undefined && toMs > fromMs && <span class="remark"> {secondsOf(toMs - fromMs)}</span>}
              </span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** Where in the audio it is; what began before, and goes on there, is at its beginning. */
function Place({
  event: { fromMs, toMs = Number.POSITIVE_INFINITY },
  audio,
  onSeek,
}: {
  readonly event: Shown['timeline'][number];
  readonly audio: Shown['audio'];
  readonly onSeek: (ms: number) => void;
}) {
  if (!audio) return <span class="time" />;
  const { startedMs, lengthMs } = audio;
  if (fromMs >= startedMs + lengthMs) return <span class="time">after</span>;
  if (fromMs < startedMs && toMs <= startedMs) return <span class="time">before</span>;
  const atMs = Math.max(0, fromMs - startedMs);
  return (
    <button type="button" class="time" onClick={() => onSeek(atMs)}>
      {lengthOf(atMs)}
    </button>
  );
}

export function Participants({
  conversation: { participants },
}: {
  readonly conversation: SharedReply['conversation'];
}) {
  return (
    <section class="card" aria-labelledby="participants">
      <h2 id="participants">Participants</h2>
      <ul class="participants">
        {participants.map((one) => (
          <li key={`${one.number} ${one.fromMs}`} class={one.role}>
            <strong>{partyOf(one)}</strong>
            <span class="remark">
              {one.role === 'agent' ? 'Agent' : 'Customer'}
              {one.agentId && `, ${one.agentId}`}
              {one.toMs !== undefined && `, ${lengthOf(one.toMs - one.fromMs)}`}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function ExternalData({ conversation: { externalData, couples } }: { readonly conversation: Shown }) {
  const sayer = (sid: string) => {
    const couple = couples.find((one) => one.sid === sid);
    return couple ? (couple.name ?? couple.dn) : sid;
  };
  if (externalData.length === 0) return null;
  return (
    <section class="card wide" aria-labelledby="data">
      <h2 id="data">Data of the call</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Value</th>
            <th scope="col">Said by</th>
          </tr>
        </thead>
        <tbody>
          {externalData.map(({ key, value, displayName, sid }) => (
            <tr key={`${sid} ${key}`}>
              <th scope="row" title={key}>
                {displayName ?? key}
              </th>
              <td>{value}</td>
              <td class="remark">{sayer(sid)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Which recorders were heard, what became of each take, and how their clocks were brought together. */
export function Making({ conversation }: { readonly conversation: Shown }) {
  const { sources, tracks, aliases, conversation: name } = conversation;
  const takes = takesOf(conversation);
  const gaps = tracks.flatMap(({ party, gaps }) => gaps.map((gap) => ({ party, ...gap })));
  return (
    <section class="card wide" aria-labelledby="making">
      <h2 id="making">How this was put together</h2>
      <table>
        <thead>
          <tr>
            <th scope="col">Recorder</th>
            <th scope="col">Take</th>
            <th scope="col">Its part</th>
            <th scope="col">Its clock</th>
          </tr>
        </thead>
        <tbody>
          {sources.map(({ take, node, state, why, clock }) => (
            <tr key={take}>
              <th scope="row">
                {takes.includes(take) && <span class={`swatch take-${takes.indexOf(take) % 6}`} />}
                {node}
              </th>
              <td class="name">{take}</td>
              <td>
                {sourceStates[state]}
                {why && <span class="remark"> {why}</span>}
              </td>
              <td>
                {clock &&
                  (clock.by === 'same-clock'
                    ? clockOrigins[clock.by]
                    : `${clock.offsetMs >= 0 ? '+' : '−'}${Math.abs(clock.offsetMs).toFixed(1)} ms ± ${clock.plusMinusMs.toFixed(1)}, ${clockOrigins[clock.by]}`)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {tracks.length > 0 && (
        <p>
          {tracks.map(({ party, packets }) => `${party}: ${packets} packets`).join('; ')}
          {gaps.length === 0 ? '. Nothing is missing.' : '. Missing:'}
        </p>
      )}
      {gaps.length > 0 && (
        <ul>
          {gaps.map(({ party, fromMs, toMs, packets, certainty, plusMinusMs }) => (
            <li key={`${party} ${fromMs}`}>
              {party}, {lengthOf(fromMs)}: {secondsOf(toMs - fromMs)}
              {packets > 0 && ` (${packets} packets)`}, {certainty}
              {plusMinusMs !== undefined && ` ± ${secondsOf(plusMinusMs)}`}
            </li>
          ))}
        </ul>
      )}
      <p class="remark name">
        Known as {name}
        {aliases.length > 1 && `, before as ${aliases.filter((alias) => alias !== name).join(', ')}`}
      </p>
    </section>
  );
}
