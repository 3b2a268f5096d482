import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleFleet, exampleNowMs, exampleOverview } from '../packages/server/src/monitor/testing.ts';
import { exampleFacts, exampleNight } from '../packages/server/src/page/testing.ts';
import { chromium } from './helpers/chromium.ts';
import { focused, overflow, withPage, withTab } from './helpers/page.ts';

let started: Awaited<ReturnType<typeof chromium>>;
let browser: Browser;
beforeAll(async () => {
  started = await chromium();
  browser = started.browser;
}, 330_000);
afterAll(() => started[Symbol.asyncDispose]());

const running = { now: { kind: 'running', sinceMs: exampleNowMs, step: 'backup', percent: 3 } } as const;

test('a run appears while somebody looks, and leaves everything else as it was', async () => {
  const facts = exampleFacts();
  await using page = await withPage(facts);
  await using opened = await withTab(browser, { device: 'desktop', scheme: 'light' });
  const { tab } = opened;
  await tab.goto(page.url);
  await tab.locator('#live.on').waitFor();
  await tab.locator('#slots summary').click();
  await tab.getByLabel('Name').fill('half a na');
  await tab.locator('#s-desktop-2 a').focus();
  await tab.evaluate('scrollTo(0, 900)');
  const top = await tab.evaluate<number>('scrollY');
  const row = await tab.locator('#s-desktop-2').elementHandle();

  facts.change('desktop-2', running);
  await tab.locator('#s-desktop-2 b', { hasText: 'running 3 %' }).waitFor({ timeout: 5000 });
  expect(await focused(tab)).toBe('desktop-2');
  expect(await row?.evaluate((element) => element.isConnected)).toBe(true);
  expect(await tab.evaluate<number>('scrollY')).toBe(top);
  expect(await tab.locator('#slots').getAttribute('open')).not.toBeNull();
  expect(await tab.getByLabel('Name').inputValue()).toBe('half a na');
  expect(await tab.locator('#said').textContent()).toBe('desktop-2 is running.');

  // A row that moves to another place of the table takes the focus with it.
  await tab.locator('#s-laptop a').focus();
  const { sources } = exampleOverview({ sources: exampleFleet(30).filter(({ name }) => name !== 'router') });
  facts.set({
    ...exampleNight(),
    sources: sources.map((one) => ({ ...one, state: 'fine', words: null })),
    conditions: [],
  });
  await tab.locator('h1', { hasText: 'Nothing needs doing' }).waitFor({ timeout: 5000 });
  expect(await focused(tab)).toBe('laptop');
  expect(await tab.locator('#s-router').count()).toBe(0);
  expect(await tab.title()).toContain('Nothing needs doing');
}, 30_000);

test('it says since when it is not live, and is again when the server is back', async () => {
  const facts = exampleFacts();
  await using opened = await withTab(browser);
  const { tab } = opened;
  let port = 0;
  {
    await using page = await withPage(facts);
    port = Number(new URL(page.url).port);
    await tab.goto(page.url);
    await tab.locator('#live.on').waitFor();
  }
  await tab.locator('#live.off', { hasText: /^not live since \d\d:\d\d/ }).waitFor({ timeout: 5000 });
  facts.change('desktop-2', running);
  await using _again = await withPage(facts, port);
  await tab.locator('#live.on').waitFor({ timeout: 15_000 });
  await tab.locator('#s-desktop-2 b', { hasText: 'running' }).waitFor({ timeout: 5000 });
}, 40_000);

test('a tab that nobody sees asks for nothing, and knows everything when it is seen again', async () => {
  const facts = exampleFacts();
  await using page = await withPage(facts);
  await using opened = await withTab(browser);
  const { tab } = opened;
  const see = (hidden: boolean) =>
    tab.evaluate(`Object.defineProperty(document, 'hidden', { get: () => ${hidden}, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'))`);
  await tab.goto(page.url);
  await tab.locator('#live.on').waitFor();
  await see(true);
  const asked: string[] = [];
  tab.on('request', (request) => asked.push(request.url()));
  facts.change('desktop-2', running);
  await tab.waitForTimeout(1500);
  expect(asked).toEqual([]);
  await see(false);
  await tab.locator('#s-desktop-2 b', { hasText: 'running' }).waitFor({ timeout: 5000 });
}, 30_000);

test('all of it is readable without JavaScript, and can be filtered', async () => {
  await using page = await withPage(exampleFacts());
  await using opened = await withTab(browser, { device: 'phone', scheme: 'dark' }, { javaScriptEnabled: false });
  const { tab } = opened;
  await tab.goto(page.url);
  expect(await tab.locator('h1').textContent()).toBe('3 things need doing, 2 of them now');
  await tab.getByRole('combobox', { name: 'State' }).selectOption('overdue');
  await tab.getByRole('button', { name: 'Show' }).click();
  expect(await tab.locator('.fleet tbody th a').allTextContents()).toEqual(['workstation']);
  await tab
    .getByRole('rowheader', { name: /workstation/ })
    .getByRole('link')
    .click();
  expect(await tab.locator('h1').textContent()).toContain('workstation');
  await tab.locator('.runs a').nth(18).click();
  expect(await tab.locator('#report').textContent()).toContain('The connection was cut.');
});

test('what a hostile source reports is words, also a megabyte of them', async () => {
  const words = `<script>window.hit=1</script><img src=x onerror="window.hit=1">"'\u001b[2J\u202Egnp.exe ${'A'.repeat(1_000_000)}`;
  const [laptop, ...others] = exampleFleet(30);
  if (laptop === undefined) throw new Error('no fleet');
  const [condition] = exampleOverview().conditions;
  const overview = exampleOverview({
    sources: [{ ...laptop, state: 'failing', words }, ...others],
    conditions: condition === undefined ? [] : [{ ...condition, source: 'laptop', text: words, remedy: words }],
  });
  const calm = exampleFacts(overview);
  const history = {
    ...calm.history,
    runs: (name: string, most: number) =>
      calm.history.runs(name, most).map((run) => ({ ...run, outcome: 'failed' as const, message: words })),
    report: (name: string, run: string) => {
      const report = calm.history.report(name, run);
      const steps = report?.steps.map((step) => ({ ...step, words: [words], warnings: [words] })) ?? [];
      return report === null ? null : { ...report, message: words, remedy: words, steps };
    },
  };
  await using page = await withPage(exampleFacts(overview, { history }));
  await using opened = await withTab(browser, { device: 'phone', scheme: 'light' });
  const { tab } = opened;
  const complaints: string[] = [];
  tab.on('console', (message) => complaints.push(message.text()));
  tab.on('pageerror', (error) => complaints.push(error.message));
  for (const path of ['/', '/sources/laptop', `/?q=${encodeURIComponent(words.slice(0, 150))}`]) {
    const answer = await tab.goto(page.url + path);
    expect((await answer?.body())?.length).toBeLessThan(100_000);
    await tab.locator('#live.on').waitFor({ state: 'attached' });
    expect(await tab.evaluate<boolean>("'hit' in window")).toBe(false);
    expect(await tab.locator('main img, main script').count()).toBe(0);
    expect(await tab.locator('body').innerText()).toContain('<script>');
    expect(await overflow(tab)).toBe(0);
  }
  // The browser refused nothing either: nothing of ours is against the page's own policy.
  expect(complaints).toEqual([]);
});

test('fifty sources are less than 100 KiB in all, and are there within a second', async () => {
  await using page = await withPage(exampleFacts(exampleNight(50)));
  const paints: number[] = [];
  let bytes = 0;
  // The best of three: whatever else the machine does, this page can be there so soon. The first has Chromium find its fonts, too.
  for (let visit = 0; visit < 3; visit += 1) {
    await using opened = await withTab(browser, { device: 'phone', scheme: 'light' });
    const { tab } = opened;
    const sizes: number[] = [];
    tab.on('response', (response) => {
      if (!response.url().includes('/live?')) void response.body().then((body) => sizes.push(body.length));
    });
    await tab.goto(page.url, { waitUntil: 'load' });
    await expect.poll(() => sizes.length).toBe(3);
    bytes = sizes.reduce((sum, size) => sum + size, 0);
    paints.push(await tab.evaluate<number>(firstPaint));
  }
  const paintMs = Math.min(...paints);
  process.stdout.write(`50 sources: ${bytes} bytes before compression, first paint after ${Math.round(paintMs)} ms\n`);
  expect(bytes).toBeLessThan(100 * 1024);
  expect(paintMs).toBeLessThan(1000);
});

/** When the first text or picture was there, in milliseconds from when the page was asked for. */
const firstPaint = `new Promise((resolve) => {
  new PerformanceObserver((list) => {
    const [paint] = list.getEntriesByName('first-contentful-paint');
    if (paint) resolve(paint.startTime);
  }).observe({ type: 'paint', buffered: true });
})`;

/** The median frame, in milliseconds, of scrolling the table up and down by most of a window at a time. */
const scrolled = `(async () => {
  const gaps = [];
  let last = performance.now();
  for (let step = 0; step < 60; step += 1) {
    scrollBy(0, step % 20 < 10 ? 600 : -600);
    await new Promise((resolve) => requestAnimationFrame(resolve));
    gaps.push(performance.now() - last);
    last = performance.now();
  }
  return gaps.sort((one, other) => one - other)[30];
})()`;

test('a thousand sources scroll as thirty do, and a change among them is quick', async () => {
  const frameOf = async (sources: number): Promise<{ readonly frameMs: number; readonly changeMs: number }> => {
    const facts = exampleFacts(exampleNight(sources));
    await using page = await withPage(facts);
    await using opened = await withTab(browser);
    const { tab } = opened;
    await tab.goto(`${page.url}/?all=1`);
    await tab.locator('#live.on').waitFor();
    expect(await tab.locator('.fleet tbody tr').count()).toBe(sources);
    const frameMs = await tab.evaluate<number>(scrolled);
    const started = performance.now();
    facts.change('desktop-2', running);
    await tab.locator('#s-desktop-2 b', { hasText: 'running' }).waitFor({ state: 'attached', timeout: 10_000 });
    return { frameMs, changeMs: performance.now() - started };
  };
  const [thirty, thousand] = [await frameOf(30), await frameOf(1000)];
  const told = [thirty.frameMs, thousand.frameMs, thirty.changeMs, thousand.changeMs].map(Math.round);
  process.stdout.write(
    `30 and 1,000 sources: a frame takes ${told[0]} and ${told[1]} ms, a change ${told[2]} and ${told[3]} ms\n`,
  );
  // Without a graphics card, and beside whatever else runs here, a frame takes long; but not for the many.
  expect(thousand.frameMs).toBeLessThan(3 * thirty.frameMs + 20);
  expect(thousand.changeMs).toBeLessThan(5000);
}, 60_000);

test('the keyboard reaches everything in order, and always shows where it is', async () => {
  await using page = await withPage(exampleFacts());
  await using opened = await withTab(browser);
  const { tab } = opened;
  await tab.goto(page.url);
  const step = async (): Promise<string> => {
    await tab.keyboard.press('Tab');
    return tab.evaluate<string>(`(() => {
      const element = document.activeElement;
      if (element === document.body) return '';
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const box = element.getBoundingClientRect();
      const seen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2 && box.width > 0 && box.bottom > 0 && box.top < innerHeight;
      return (element.textContent.trim() && element.name === undefined ? element.textContent.trim() : element.name || element.textContent) + (seen ? '' : ' (not seen)');
    })()`);
  };
  expect(await step()).toBe('Skip to content');
  await tab.keyboard.press('Enter');
  expect(await tab.evaluate<string>('document.activeElement.id')).toBe('main');
  const walked: string[] = [];
  for (let reached = await step(); reached !== '' && walked.length < 80; reached = await step()) walked.push(reached);
  expect(walked.filter((name) => name.includes('not seen'))).toEqual([]);
  expect(walked.slice(0, 6)).toEqual([
    ...['1 unreadable', '1 overdue', '1 failing', '1 no backup yet', '1 with warnings', '25 fine'],
  ]);
  expect(walked.filter((name) => /^laptop(-\d)?$/.test(name))).toEqual(['laptop', 'laptop-2', 'laptop-3']);
  for (const name of ['q', 'Show', 'As a table', 'metrics']) expect(walked).toContain(name);
});
