// Which page the address means, and going from one to the next without loading anew.

import { computed, signal } from '@preact/signals';

export type Route =
  | { readonly page: 'home' }
  | { readonly page: 'search'; readonly tenant: string; readonly query: string }
  | { readonly page: 'conversation'; readonly tenant: string; readonly conversation: string; readonly from: string }
  | { readonly page: 'shared'; readonly token: string }
  | { readonly page: 'unknown' };

const address = signal(here());
export const route = computed<Route>(() => routeOf(address.value));

addEventListener('popstate', () => {
  address.value = here();
});

export function go(to: string, how: 'push' | 'replace' = 'push'): void {
  history[how === 'push' ? 'pushState' : 'replaceState'](null, '', to);
  address.value = here();
  if (how === 'push') scrollTo(0, 0);
}

/** For `onClick` of a link: keeps the page, unless another tab or window is wanted. */
export function follow(event: MouseEvent): void {
  const link = event.currentTarget as HTMLAnchorElement;
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  go(link.pathname + link.search);
}

export function searchPath(tenant: string, query = ''): string {
  return `/t/${encodeURIComponent(tenant)}${query && `?${query}`}`;
}

/** `from` is the query of the search it was found by, to go back to. */
export function conversationPath(tenant: string, conversation: string, from = ''): string {
  const back = from && `?from=${encodeURIComponent(from)}`;
  return `/t/${encodeURIComponent(tenant)}/c/${encodeURIComponent(conversation)}${back}`;
}

function here(): string {
  return location.pathname + location.search;
}

function routeOf(text: string): Route {
  const { pathname, search } = new URL(text, location.origin);
  const [first, second, third, fourth, ...more] = pathname.split('/').slice(1).map(decoded);
  if (first === '') return { page: 'home' };
  if (first === 'shared' && second && third === undefined) return { page: 'shared', token: second };
  if (first !== 't' || !second || more.length > 0) return { page: 'unknown' };
  if (third === undefined || third === '') return { page: 'search', tenant: second, query: search.slice(1) };
  if (third !== 'c' || !fourth) return { page: 'unknown' };
  const from = new URLSearchParams(search).get('from') ?? '';
  return { page: 'conversation', tenant: second, conversation: fourth, from };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
