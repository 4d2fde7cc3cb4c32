// Asking the API. A refusal is an error with the server's words for people; being signed out is known to every page.

import { signal } from '@preact/signals';
import type { SessionReply } from '#cluster/replay-api';

/** Undefined until it has been asked for, null when nobody is signed in. */
export const session = signal<SessionReply | null | undefined>(undefined);

export class Refusal extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export async function ask<Reply>(path: string, method = 'GET', body?: unknown): Promise<Reply> {
  const answer = await fetch(path, {
    method,
    ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch(() => {
    throw new Refusal('unreachable', 'The server cannot be reached.');
  });
  if (answer.ok) return (await answer.json()) as Reply;
  const { code, detail } = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string };
  if (code === 'not-signed-in') session.value = null;
  throw new Refusal(code ?? 'unexpected', detail ?? `The server answered ${answer.status}.`);
}

/** Path of what is of a conversation. */
export function pathOf(tenant: string, conversation: string): string {
  return `/api/tenants/${encodeURIComponent(tenant)}/conversations/${encodeURIComponent(conversation)}`;
}

/** Whether the caller may do it there. */
export function may(tenant: string, verb: string): boolean {
  return session.value?.tenants.find((one) => one.tenant === tenant)?.may.includes(verb) ?? false;
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
