import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pino } from 'pino';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { z } from 'zod';
import type { PageFacts } from '../../packages/server/src/page/page.ts';
import { servePage } from '../../packages/server/src/page/serve.ts';
import { contextOf, type Look } from './chromium.ts';

/** The page of these facts, served on a free port of loopback until it is disposed of. */
export const withPage = async (facts: PageFacts, port = 0): Promise<{ readonly url: string } & AsyncDisposable> => {
  const settings = { address: '127.0.0.1', port, hosts: [], password: null, proxy: null };
  const { url, close } = await servePage(facts, settings, pino({ level: 'silent' }));
  return { url, [Symbol.asyncDispose]: close };
};

/** One page of a browser that looks so, until it is disposed of. */
export const withTab = async (
  browser: Browser,
  look: Look = { device: 'desktop', scheme: 'light' },
  more: Parameters<Browser['newContext']>[0] = {},
): Promise<{ readonly tab: Page; readonly context: BrowserContext } & AsyncDisposable> => {
  const context = await contextOf(browser, look, more);
  return { tab: await context.newPage(), context, [Symbol.asyncDispose]: () => context.close() };
};

const results = z.object({
  violations: z.array(
    z.object({ id: z.string(), impact: z.string().nullable(), nodes: z.array(z.object({ html: z.string() })) }),
  ),
});

/** What axe-core finds on a page that is serious or critical, each with the first element that has it. */
export const seriousFindings = async (tab: Page): Promise<readonly string[]> => {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await tab.evaluate(axe);
  const { violations } = results.parse(await tab.evaluate('axe.run(document, { resultTypes: ["violations"] })'));
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`);
};

/** How many pixels the page is wider than its window. */
export const overflow = (tab: Page): Promise<number> =>
  tab.evaluate<number>('document.documentElement.scrollWidth - innerWidth');

/** The words of what has the focus. */
export const focused = (tab: Page): Promise<string | null> =>
  tab.evaluate<string | null>('document.activeElement?.textContent ?? null');
