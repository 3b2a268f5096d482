import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Browser } from 'playwright-core';
import type { PageFacts } from '../../packages/server/src/page/page.ts';
import { servePage } from '../../packages/server/src/page/serve.ts';
import { exampleFacts } from '../../packages/server/src/page/testing.ts';
import { chromium, contextOf, type Look, looks } from '../../test/helpers/chromium.ts';

/**
 * Serves the page of these facts on a free port of loopback and takes a picture of it in every look, and of one source's page, into `folder`:
 * `page-desktop-light.png` and so on. Returns their paths.
 */
export const photographPage = async (
  browser: Browser,
  folder: string,
  facts: PageFacts = exampleFacts(),
  source = 'media-server',
): Promise<readonly string[]> => {
  await mkdir(folder, { recursive: true });
  const settings = { address: '127.0.0.1', port: 0, hosts: [], password: null, proxy: null };
  const page = await servePage(facts, settings, pino({ level: 'silent' }));
  try {
    const files: string[] = [];
    for (const look of looks)
      files.push(await photograph(browser, look, page.url, join(folder, `page-${look.device}-${look.scheme}.png`)));
    const desktop = { device: 'desktop', scheme: 'light' } as const;
    files.push(await photograph(browser, desktop, `${page.url}/sources/${source}`, join(folder, 'page-source.png')));
    return files;
  } finally {
    await page.close();
  }
};

const photograph = async (browser: Browser, look: Look, url: string, path: string): Promise<string> => {
  const context = await contextOf(browser, look);
  try {
    const page = await context.newPage();
    await page.goto(url);
    await page.locator('#live.on').waitFor();
    // A desk's whole page would be unreadably small in a document: its upper part says what it is.
    const height = look.device === 'phone' ? 1240 : 1400;
    const { width } = page.viewportSize() ?? { width: 1200 };
    await page.setViewportSize({ width, height });
    await page.screenshot({ path });
    return path;
  } finally {
    await context.close();
  }
};

if (import.meta.main) {
  const folder = process.argv[2] ?? join(import.meta.dirname, '..', '..', 'docs', 'images');
  await using started = await chromium();
  for (const file of await photographPage(started.browser, folder)) process.stdout.write(`${file}\n`);
}
