// Somebody who signs in at replay over HTTP and may hear every tenant: what they find, and whether it plays.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ConversationReply, type FoundPageReply, readFirstAdmin, type SessionReply } from '#cluster/replay-api';
import type { Layout } from '#src/config';
import { TwinreelError } from '#src/errors';
import type { FoundConversation, ListedConversation, ReplayAsked } from './played-cluster.ts';

const answerMsMax = 30_000;
const perPage = 200;

export class ReplayVisit implements ReplayAsked {
  readonly #url: string;
  readonly #cookie: string;

  private constructor(url: string, cookie: string) {
    this.#url = url;
    this.#cookie = cookie;
  }

  /** As the first admin. Undefined while nobody answers. */
  static async signIn({ replayUrlFile, replayDir }: Layout): Promise<ReplayVisit | undefined> {
    const url = await readFile(replayUrlFile, 'utf8').catch(() => undefined);
    const admin = await readFirstAdmin(join(replayDir, 'people'));
    if (url === undefined || !admin) return undefined;
    const answer = await fetch(`${url}/api/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(admin),
      signal: AbortSignal.timeout(answerMsMax),
    });
    const [cookie] = answer.headers.getSetCookie();
    if (!answer.ok || cookie === undefined) throw await refusal('signing in at replay', answer);
    return new ReplayVisit(url, cookie.split(';')[0]!);
  }

  /** Every conversation of every tenant, as its page shows it. */
  async conversations(): Promise<readonly FoundConversation[]> {
    const found: FoundConversation[] = [];
    for (const { tenant, conversation: listed } of await this.listed()) {
      const { conversation, audio } = await this.#json<ConversationReply>(pathOf(tenant, listed));
      found.push({ listed, conversation, audio: audio.phase });
    }
    return found;
  }

  async listed(): Promise<readonly ListedConversation[]> {
    const { tenants } = await this.#json<SessionReply>('/api/session');
    const listed: ListedConversation[] = [];
    for (const { tenant } of tenants)
      for (const conversation of await this.#list(tenant)) listed.push({ tenant, conversation });
    return listed;
  }

  /** What a player gets that asks for the beginning: status and media type, and what the bytes are. */
  async play({ conversation: { tenant, conversation } }: FoundConversation): Promise<string> {
    const answer = await this.#get(`${pathOf(tenant, conversation)}/audio`, { range: 'bytes=0-1023' });
    const bytes = Buffer.from(await answer.arrayBuffer());
    const content = isMp3(bytes) ? 'MP3' : `${bytes.length} bytes that are no MP3`;
    return `${answer.status} ${answer.headers.get('content-type')}: ${content}`;
  }

  async #list(tenant: string): Promise<string[]> {
    const ids: string[] = [];
    let after = '';
    do {
      const path = `/api/tenants/${encodeURIComponent(tenant)}/conversations?limit=${perPage}${after}`;
      const { conversations, next } = await this.#json<FoundPageReply>(path);
      ids.push(...conversations.map(({ conversation }) => conversation));
      after = next === undefined ? '' : `&after=${encodeURIComponent(next)}`;
    } while (after !== '');
    return ids;
  }

  async #json<Reply>(path: string): Promise<Reply> {
    const answer = await this.#get(path);
    if (!answer.ok) throw await refusal(path, answer);
    return (await answer.json()) as Reply;
  }

  #get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const signal = AbortSignal.timeout(answerMsMax);
    return fetch(`${this.#url}${path}`, { headers: { ...headers, cookie: this.#cookie }, signal });
  }
}

function pathOf(tenant: string, conversation: string): string {
  return `/api/tenants/${encodeURIComponent(tenant)}/conversations/${encodeURIComponent(conversation)}`;
}

/** Begins with a tag, or with the sync word of a frame: eleven bits that are set. */
function isMp3(bytes: Buffer): boolean {
  return bytes.subarray(0, 3).toString() === 'ID3' || (bytes[0] === 0xff && (bytes[1]! & 0xe0) === 0xe0);
}

async function refusal(what: string, answer: Response): Promise<TwinreelError> {
  return new TwinreelError('scenario-impossible', `${what}: ${answer.status} ${await answer.text()}`);
}
