import { resolve } from 'node:path';
import { exampleEvents } from '../../packages/server/src/monitor/testing-events.ts';
import { exampleFacts, exampleNight } from '../../packages/server/src/page/testing.ts';
import { paint, say } from '../demo/screen.ts';
import { Story } from '../demo/story.ts';
import { summary } from '../demo/summary.ts';
import { formOf, usage } from './form.ts';
import { openBrowser, photograph } from './steps/browser.ts';
import { mailDigest } from './steps/digest.ts';
import { showFleet } from './steps/fleet.ts';
import { watchPage } from './steps/page.ts';
import { oneTroubleADay } from './steps/trouble.ts';

/** `npm run demo:digest`: what the admin is told, shown with an example fleet: no machine of it exists. */
const tell = async (story: Story, folder: string): Promise<void> => {
  const overview = exampleNight();
  const facts = exampleFacts(overview, { events: () => exampleEvents(overview.atMs) });
  story.part('An example fleet: none of these machines exists');
  await story.attempt('Every state there is', () => showFleet(overview));
  story.part('One email a day, one alert per trouble');
  await story.attempt('The digest arrives', () => mailDigest(facts, folder));
  await story.attempt('Failing every minute for a day', oneTroubleADay);
  story.part('One page at a glance');
  await using started = await story.chapter('Chromium starts', openBrowser);
  await story.attempt('A run appears on the page', () => watchPage(started.browser, facts));
  await story.attempt('Pictures of mail and page', () => photograph(started.browser, facts, folder));
};

const form = formOf(process.argv.slice(2));
if (form === null) {
  process.stderr.write(`${usage}\n`);
  process.exit(64);
}
const folder = resolve(form.folder);
const startedAt = performance.now();
const story = new Story(new AbortController().signal);
try {
  await tell(story, folder);
} catch (error) {
  // The story has said it already.
  if (story.rows.at(-1)?.state !== 'broken') throw error;
}
summary(story.rows, performance.now() - startedAt);
say(`\n${paint('bold', 'Look at it:')} ${folder}`);
process.exitCode = story.rows.every(({ state }) => state !== 'broken') ? 0 : 1;
