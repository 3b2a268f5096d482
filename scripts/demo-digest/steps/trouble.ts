import { conditionOf, startMs, Watcher } from '../../../packages/server/src/alerts/testing.ts';
import { quote } from '../../demo/screen.ts';
import { expect } from '../../demo/story.ts';
import { count } from '../../demo/words.ts';

const [minuteMs, dayMs] = [60_000, 86_400_000];

/** A day of virtual time in which a job fails every minute, and works again half a minute later. */
export const oneTroubleADay = async (): Promise<string> => {
  const watcher = new Watcher();
  let failures = 0;
  for (let nowMs = startMs; nowMs < startMs + dayMs; nowMs += minuteMs) {
    watcher.look(nowMs, [conditionOf('job-failed', 'media-server', nowMs)]);
    watcher.look(nowMs + minuteMs / 2, []);
    failures += 1;
  }
  const { messages } = watcher;
  quote(messages.map(({ atMs, title }) => `${new Date(atMs).toISOString().slice(11, 16)}  ${title}`).join('\n'));
  expect(messages.length >= 1 && messages.length <= 5, count(messages.length, 'message'));
  return `${count(failures, 'failure')} in a day of virtual time: ${count(messages.length, 'message')}`;
};
