// Light or dark: as the system has it, or as somebody chose here.

import { signal } from '@preact/signals';

type Theme = 'light' | 'dark';
const place = 'twinreel-theme';
const system = matchMedia('(prefers-color-scheme: dark)');

export const theme = signal<Theme>(chosen() ?? ofSystem());
apply();
system.addEventListener('change', () => {
  theme.value = chosen() ?? ofSystem();
  apply();
});

export function changeTheme(): void {
  theme.value = theme.value === 'dark' ? 'light' : 'dark';
  if (theme.value === ofSystem()) localStorage.removeItem(place);
  else localStorage.setItem(place, theme.value);
  apply();
}

function apply(): void {
  document.documentElement.dataset['theme'] = theme.value;
}

function ofSystem(): Theme {
  return system.matches ? 'dark' : 'light';
}

function chosen(): Theme | undefined {
  const word = localStorage.getItem(place);
  return word === 'light' || word === 'dark' ? word : undefined;
}
