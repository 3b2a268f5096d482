import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleFacts } from '../packages/server/src/page/testing.ts';
import { chromium, looks } from './helpers/chromium.ts';
import { overflow, seriousFindings, withPage, withTab } from './helpers/page.ts';

let started: Awaited<ReturnType<typeof chromium>>;
let browser: Browser;
beforeAll(async () => {
  started = await chromium();
  browser = started.browser;
}, 330_000);
afterAll(() => started[Symbol.asyncDispose]());

for (const look of looks)
  test(`nothing scrolls sideways and nothing serious is in anybody's way: ${look.device}, ${look.scheme}`, async () => {
    await using page = await withPage(exampleFacts());
    // axe is a foreign script, which the page's own policy keeps out.
    await using opened = await withTab(browser, look, { bypassCSP: true });
    const { tab } = opened;
    for (const path of ['/', '/sources/media-server', '/settings']) {
      await tab.goto(page.url + path);
      // All that can be opened is.
      for (const summary of await tab.locator('summary').all()) await summary.click();
      expect([path, await overflow(tab)]).toEqual([path, 0]);
      expect([path, await seriousFindings(tab)]).toEqual([path, []]);
    }
  });
