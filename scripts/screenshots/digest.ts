import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import type { DigestFacts } from '../../packages/server/src/digest/digest.ts';
import { renderDigest } from '../../packages/server/src/digest/render.ts';
import { exampleFacts } from '../../packages/server/src/digest/testing.ts';
import { chromium, contextOf, type Look, looks } from '../../test/helpers/chromium.ts';

/** How wide a mail is shown: in a phone's app, and in a program's reading pane. */
export const mailWidths: Readonly<Record<Look['device'], number>> = { phone: 375, desktop: 1000 };

/**
 * Takes a picture of the digest of these facts in every look, into `folder`: `digest-desktop-light.png` and so on; with `parts`, both parts
 * beside them as `digest.html` and `digest.txt`. Returns their paths.
 */
export const photographDigest = async (
  browser: Browser,
  folder: string,
  { facts = exampleFacts(), parts = false }: { readonly facts?: DigestFacts; readonly parts?: boolean } = {},
): Promise<readonly string[]> => {
  await mkdir(folder, { recursive: true });
  const { html, text } = await renderDigest(facts);
  const files: string[] = [];
  for (const look of looks)
    files.push(await photograph(browser, look, html, join(folder, `digest-${look.device}-${look.scheme}.png`)));
  if (!parts) return files;
  const [htmlFile, textFile] = [join(folder, 'digest.html'), join(folder, 'digest.txt')];
  await Promise.all([writeFile(htmlFile, html), writeFile(textFile, text)]);
  return [...files, htmlFile, textFile];
};

/** Its upper part: the verdict, what to do, and the first sources. */
const heights: Readonly<Record<Look['device'], number>> = { phone: 1640, desktop: 1480 };

const photograph = async (browser: Browser, look: Look, html: string, path: string): Promise<string> => {
  const viewport = { width: mailWidths[look.device], height: heights[look.device] };
  const context = await contextOf(browser, look, {
    ...{ viewport, javaScriptEnabled: false, offline: true },
    // A phone at twice the size would be a picture of 370 KB.
    deviceScaleFactor: look.device === 'phone' ? 1.5 : 1,
  });
  try {
    const page = await context.newPage();
    await page.setContent(html);
    await page.screenshot({ path });
    return path;
  } finally {
    await context.close();
  }
};

if (import.meta.main) {
  const folder = process.argv[2] ?? join(import.meta.dirname, '..', '..', 'docs', 'images');
  await using started = await chromium();
  for (const file of await photographDigest(started.browser, folder)) process.stdout.write(`${file}\n`);
}
