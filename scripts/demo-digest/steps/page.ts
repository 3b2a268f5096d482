import { pino } from 'pino';
import type { Browser } from 'playwright-core';
import { servePage } from '../../../packages/server/src/page/serve.ts';
import type { ExampleFacts } from '../../../packages/server/src/page/testing.ts';
import { say } from '../../demo/screen.ts';
import { expect } from '../../demo/story.ts';

/** Opens the page in Chromium, lets a run begin, and waits until the page shows it by itself. */
export const watchPage = async (browser: Browser, facts: ExampleFacts): Promise<string> => {
  const settings = { address: '127.0.0.1', port: 0, hosts: [], password: null, proxy: null };
  const served = await servePage(facts, settings, pino({ level: 'silent' }));
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    await page.goto(served.url);
    say(`  ${await page.title()} at ${served.url}`);
    await page.locator('#live.on').waitFor();
    const row = page.locator('main').getByRole('row').filter({ hasText: 'build-server' }).first();
    expect(!(await row.innerText()).includes('73'), 'the run was there before it began');
    const atMs = facts.overview()?.atMs ?? 0;
    const started = performance.now();
    facts.change('build-server', { now: { kind: 'running', sinceMs: atMs, step: 'backup', percent: 73 }, sessions: 1 });
    await row.filter({ hasText: '73' }).waitFor({ timeout: 10_000 });
    return `"build-server" runs, seen after ${((performance.now() - started) / 1000).toFixed(1)} s without a click`;
  } finally {
    await context.close();
    await served.close();
  }
};
