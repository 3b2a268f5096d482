import { basename } from 'node:path';
import type { Browser } from 'playwright-core';
import type { PageFacts } from '../../../packages/server/src/page/page.ts';
import { chromium } from '../../../test/helpers/chromium.ts';
import { quote } from '../../demo/screen.ts';
import type { Told } from '../../demo/story.ts';
import { photographDigest } from '../../screenshots/digest.ts';
import { photographPage } from '../../screenshots/page.ts';
import { digestFacts } from './digest.ts';

/** Debian's Chromium, which ends with the demo. */
export const openBrowser = async (): Promise<Told<AsyncDisposable & { readonly browser: Browser }>> => {
  const started = await chromium();
  return { result: `Chromium ${started.browser.version()}`, value: started };
};

/** Takes pictures of the mail and of the page, wide and narrow, light and dark. */
export const photograph = async (browser: Browser, facts: PageFacts, folder: string): Promise<string> => {
  const files = [
    ...(await photographDigest(browser, folder, { facts: digestFacts(facts) })),
    ...(await photographPage(browser, folder, facts)),
  ];
  quote(files.map((file) => basename(file)).join('\n'));
  return `${files.length} pictures in ${folder}`;
};
