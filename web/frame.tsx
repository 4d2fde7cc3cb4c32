// What stands around every page: the name, the tenant, who is signed in.

import type { ComponentChildren } from 'preact';
import { ask, session } from './api.ts';
import { follow, go, searchPath } from './route.ts';
import { changeTheme, theme } from './theme.ts';

export function Frame({
  tenant,
  children,
}: {
  readonly tenant: string | undefined;
  readonly children: ComponentChildren;
}) {
  const who = session.value;
  const tenants = who?.tenants.map((one) => one.tenant) ?? [];
  const home = tenant ?? tenants[0];
  const signOut = async () => {
    await ask('/api/session', 'DELETE').catch(() => {});
    session.value = null;
  };
  return (
    <>
      <header class="top">
        <a class="brand" href={home === undefined ? '/' : searchPath(home)} onClick={follow}>
          <Reels /> Twinreel
        </a>
        {tenants.length > 1 && tenant !== undefined && (
          <label class="tenant">
            <span class="unseen">Tenant</span>
            <select value={tenant} onChange={(event) => go(searchPath(event.currentTarget.value))}>
              {tenants.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
            </select>
          </label>
        )}
        <span class="space" />
        <ThemeButton />
        {who && (
          <>
            <span class="who" title={who.user}>
              {who.user}
            </span>
            <button type="button" class="quiet" onClick={signOut}>
              Sign out
            </button>
          </>
        )}
      </header>
      <main>{children}</main>
    </>
  );
}

export function ThemeButton() {
  const other = theme.value === 'dark' ? 'light' : 'dark';
  return (
    <button
      type="button"
      class="quiet icon"
      onClick={changeTheme}
      aria-label={`Change to ${other}`}
      title={`Change to ${other}`}
    >
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="10" cy="10" r="7" fill="none" stroke="currentColor" stroke-width="1.6" />
        <path d="M10 3a7 7 0 0 1 0 14z" fill="currentColor" />
      </svg>
    </button>
  );
}

/** Two reels of a tape. */
export function Reels() {
  return (
    <svg class="reels" viewBox="0 0 36 20" aria-hidden="true">
      <g fill="none" stroke="currentColor" stroke-width="2">
        <circle cx="10" cy="9" r="7" />
        <circle cx="26" cy="9" r="7" />
        <path d="M10 16h16" />
      </g>
      <circle cx="10" cy="9" r="2.2" fill="currentColor" />
      <circle cx="26" cy="9" r="2.2" fill="currentColor" />
    </svg>
  );
}
