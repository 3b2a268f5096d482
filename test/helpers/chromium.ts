import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium as driver } from 'playwright-core';
import { requirePrograms } from '../../scripts/docker/programs.ts';

/**
 * Debian's Chromium without a window, driven by playwright; installed first where it is missing and we are root, else an error that says
 * so. Its profile is a new folder that goes when it ends, and it calls nobody by itself.
 */
export const chromium = async (): Promise<{ readonly browser: Browser } & AsyncDisposable> => {
  await requirePrograms({ chromium: 'chromium' });
  const home = await mkdtemp(join(tmpdir(), 'berth-chromium-'));
  const browser = await driver
    .launch({
      ...{ executablePath: '/usr/bin/chromium', args: flags, timeout: 60_000 },
      // What it keeps beside the profile, such as its font cache and crash reports, goes with it too.
      env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
    })
    .catch(async (error: unknown) => {
      await rm(home, { recursive: true, force: true });
      throw error;
    });
  return {
    browser,
    [Symbol.asyncDispose]: async () => {
      await browser.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
};

/** As root it has no sandbox: it is only ever shown what our own tests serve. */
const flags = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];

/** How a page is looked at: a phone's or a desk's width, by day or by night. */
export interface Look {
  readonly device: 'phone' | 'desktop';
  readonly scheme: 'light' | 'dark';
}

/** Every look there is. */
export const looks: readonly Look[] = (['desktop', 'phone'] as const).flatMap((device) =>
  (['light', 'dark'] as const).map((scheme) => ({ device, scheme })),
);

/** A context that looks so; say what differs. */
export const contextOf = (
  browser: Browser,
  { device, scheme }: Look,
  more: Parameters<Browser['newContext']>[0] = {},
): Promise<BrowserContext> =>
  browser.newContext({
    ...{ colorScheme: scheme, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'Europe/Berlin' },
    ...(device === 'phone'
      ? { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }
      : { viewport: { width: 1200, height: 860 } }),
    ...more,
  });
