// The pages in a real browser, over the real API. They are built first where they are older than their sources.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conversationOf, hostile, password, type Sample, startSample } from '../cluster/replay-api/sample.ts';
import { unzipped } from '../cluster/replay-api/unzipped.ts';
import { tonesMp3 } from './tones.ts';

const browsers = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = browsers.find((path) => path !== undefined && existsSync(path));
const shotsDir = process.env['TWINREEL_SCREENSHOTS'];
/** Narrow in light and wide in dark; the full run tries all four. */
const isQuick = shotsDir === undefined && !process.env['TWINREEL_FULL'];
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let sample: Sample;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const faults: string[] = [];
const patience = { timeout: 15_000 };

// A machine without any Chromium cannot say anything of pages: CHROMIUM=/path/to/chromium names one elsewhere.
describe.skipIf(executablePath === undefined)('the pages in Chromium', () => {
  beforeAll(async () => {
    execFileSync('bash', ['ops/build-pages.sh'], { stdio: 'inherit' });
    sample = await startSample({
      conversations: [
        conversationOf('north', 'call-1'),
        conversationOf('north', 'call-2', {
          startedMs: Date.UTC(2026, 4, 4, 11),
          endedMs: Date.UTC(2026, 4, 4, 11, 7, 12),
          direction: 'outbound',
          problem: 'ONLY_ONE_STREAM',
          participants: [
            { number: '+420777001', role: 'customer', fromMs: 0 },
            { number: '7002', name: 'Grace', agentId: 'grace', role: 'agent', fromMs: 0 },
          ],
        }),
        conversationOf('south', 'call-9'),
      ],
      audio: await tonesMp3(12_000),
      pagesDir: resolve('dist/web'),
    });
    browser = await chromium.launch({ executablePath: executablePath!, args: ['--no-sandbox'] });
    context = await browser.newContext({ baseURL: sample.address, locale: 'en-GB', timezoneId: 'UTC' });
    page = await context.newPage();
    page.setDefaultTimeout(patience.timeout);
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (said) => {
      if (said.type() === 'error' && !said.text().includes('the server responded with a status of 4'))
        faults.push(said.text());
    });
  });
  afterAll(async () => {
    await browser?.close();
    await sample?.close();
  });

  it('R-OPS-2: sign in, refused first', async () => {
    await page.goto('/');
    await expectAccessible('sign-in', page);
    await fillIn('supervisor', 'a wrong password');
    await page.getByText('the name or the password is wrong').waitFor();
    await fillIn('supervisor', password);
    await page.getByRole('heading', { name: 'Conversations' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/t/north');
  });

  it('R-RPL-4: searches by filters that stand in the address, and by the keyboard', async () => {
    const rows = page.locator('a.row');
    await expect.poll(() => page.locator('a.row').count(), patience).toBe(2);
    await expectAccessible('search', page);
    await page.keyboard.press('/');
    await page.keyboard.type('grace');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.locator('a.row').count(), patience).toBe(1);
    expect(new URL(page.url()).search).toBe('?text=grace');
    await page.goto('/t/north?direction=inbound');
    await expect.poll(() => page.locator('a.row').count(), patience).toBe(1);
    expect(await rows.textContent()).toContain('+420555123');
    await page.getByLabel('Name of this search').fill('Inbound');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByRole('link', { name: 'Inbound', exact: true }).waitFor();
    await page.locator('h1').click();
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/t/north/c/call-1');
  });

  it('R-RPL-5: what a call brought with it is shown as text', async () => {
    const shown = await page.locator('main').textContent();
    expect(shown?.split(hostile).length).toBeGreaterThan(3);
    expect(await page.evaluate("'hurt' in window")).toBe(false);
    expect(await page.locator('main img, main script').count()).toBe(0);
  });

  it('R-RPL-5: plays: time advances, audio is decoded, and a click in the waveform seeks', async () => {
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.getByText(/^0:01 \/ 0:12$/).waitFor();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    const box = (await page.locator('.waveform').boundingBox())!;
    await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
    await page.getByText(/^0:0[56] \/ 0:12$/).waitFor();
    await page.getByRole('button', { name: 'Recording paused, at 0:07' }).click();
    await page.getByText(/^0:07 \/ 0:12$/).waitFor();
    await page.getByLabel('Balance of the channels').fill('-1');
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.getByText(/^0:08 \/ 0:12$/).waitFor();
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    await expectAccessible('conversation', page);
  });

  it('R-RPL-5: shows which recorder supplied what, what is missing, and how clocks were brought together', async () => {
    await page.getByRole('button', { name: '+420555123 from take-2, 0:05 to 0:12' }).waitFor();
    await page.getByRole('button', { name: 'Gap of +420555123, 100 ms at 0:04, exact' }).waitFor();
    await page.getByText('+40.5 ms ± 2.0, from packets that both have').waitFor();
    await page.getByText('it has not arrived yet').waitFor();
  });

  it('R-RPL-5: takes a conversation away as a ZIP', async () => {
    await page.getByText('Export', { exact: true }).click();
    await page.getByLabel('Audio as WAV').check();
    await expectAccessible('export', page);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ]);
    const files = unzipped(await readFile((await download.path())!));
    expect([...files.keys()]).toEqual(['conversation.json', 'audio.mp3', 'wav.bin', 'manifest.json']);
    await page.getByText('Export', { exact: true }).click();
  });

  it('R-RPL-5: shares by a link, for somebody who is not signed in, until it is ended', async () => {
    await page.getByText('Share', { exact: true }).click();
    await page.getByRole('button', { name: 'Make it' }).click();
    const link = await page.getByLabel('Shown only now').inputValue();
    const other = await browser.newContext();
    const guest = await other.newPage();
    await guest.goto(link);
    await guest.getByRole('button', { name: 'Play', exact: true }).click();
    await guest.getByText(/^0:01 \/ 0:12$/).waitFor();
    await expectAccessible('shared', guest);
    await shoot(page, 'sharing');
    expect(await guest.locator('main').textContent()).not.toContain('GEN_TSRV_ANI');
    await page.getByRole('button', { name: 'End' }).click();
    await expect.poll(() => page.locator('.popup li').count(), patience).toBe(0);
    await guest.reload();
    await guest.getByText('this link has expired').waitFor();
    await other.close();
  });

  it('R-RPL-4: tags and notes are kept', async () => {
    await page.getByLabel('New tag').fill('complaint');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Remove tag complaint' }).waitFor();
    await page.getByLabel('New note').fill(hostile);
    await page.getByRole('button', { name: 'Add note' }).click();
    await page.locator('.notes').getByText(hostile).waitFor();
  });

  it('R-OPS-2: what is of another tenant does not exist', async () => {
    await page.goto('/t/south/c/call-9');
    await page.getByText('There is nothing here').waitFor();
    await page.goto('/t/south');
    await page.getByText('there is nothing here').waitFor();
    expect(await page.locator('a.row').count()).toBe(0);
  });

  it('R-OPS-2: signs out', async () => {
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByLabel('Password').waitFor();
  });

  it('nothing went wrong in the browser on the way', () => expect(faults).toEqual([]));
});

async function fillIn(user: string, secret: string): Promise<void> {
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

/** No serious finding by axe, light and dark, wide and narrow, and nothing that sticks out of a phone's screen. */
async function expectAccessible(name: string, page: Page): Promise<void> {
  for (const width of [360, 1440]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      if (isQuick && (width === 360) === (colorScheme === 'dark')) continue;
      await page.setViewportSize({ width, height: 900 });
      await page.emulateMedia({ colorScheme });
      if (!(await page.evaluate("'axe' in window"))) await page.evaluate(await readFile(axePath, 'utf8'));
      // Without preload: what axe preloads of styles is against the policy of the pages.
      const found: Finding[] = await page.evaluate('axe.run({ preload: false }).then(({ violations }) => violations)');
      const findings = found.map(
        ({ id, impact, nodes }) => `${impact} ${id}: ${nodes.map(({ html }) => html).join(' ')}`,
      );
      expect(findings.filter((one) => /^(serious|critical)/.test(one))).toEqual([]);
      const overhang = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(`${name} at ${width}: ${overhang} px too wide`).toBe(`${name} at ${width}: 0 px too wide`);
      await shoot(page, `${name}-${width}-${colorScheme}`);
    }
  }
}

interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string }[];
}

/** For documentation: TWINREEL_SCREENSHOTS names the folder. */
async function shoot(shown: Page, name: string): Promise<void> {
  if (shotsDir === undefined) return;
  mkdirSync(shotsDir, { recursive: true });
  await shown.screenshot({ path: join(shotsDir, `${name}.png`), fullPage: true });
}
