import { expect, test } from 'vitest';
import { Watcher } from '../alerts/testing.ts';
import { eventStories } from '../digest/events.ts';
import { type Condition, type ConditionEvent, decide } from '../events/condition.ts';
import { phoneWords } from './conditions.ts';
import type { PhoneFacts } from './facts.ts';
import { passOf, phoneFacts } from './testing.ts';
import { phoneSource } from './testing-source.ts';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const minuteMs = 60_000;
const phone = phoneSource();

test('a mirror that fails every minute for a day: one condition, one alert, one line of the digest', () => {
  const watcher = new Watcher();
  const events: ConditionEvent[] = [];
  let open: readonly Condition[] = [];
  let writes = 0;
  const pass = (atMs: number, facts: PhoneFacts): void => {
    const decided = decide(open, phoneWords(phone, facts, open, atMs), atMs);
    open = decided.open;
    events.push(...decided.events);
    if (decided.changed) writes += 1;
    watcher.look(atMs, open);
  };
  const goodAt = new Date(nowMs).toISOString();
  for (let failures = 1; failures <= 1440; failures += 1) {
    const atMs = nowMs + failures * minuteMs;
    // All that may differ from pass to pass does.
    const last = passOf({
      ...{ outcome: 'full', copied: failures % 3, tookMs: failures, unsettled: failures % 7, files: failures },
      ...{ failed: 1 + (failures % 5), day: { copied: failures, copiedBytes: failures, versions: 1, gone: 2 } },
    });
    const at = new Date(atMs).toISOString();
    pass(atMs, phoneFacts('lisa-phone', atMs, { mirror: { last, at, goodAt, failures } }));
  }
  const endMs = nowMs + 1440 * minuteMs;
  expect(events.map(({ event, code }) => `${event} ${code}`)).toEqual(['raised mirror-stuck']);
  expect(writes).toBe(1);
  expect(watcher.messages.map(({ kind }) => kind)).toEqual(['raised']);
  expect(eventStories(events, endMs)).toMatchObject([{ state: 'still so' }]);
  pass(endMs + minuteMs, phoneFacts('lisa-phone', endMs + minuteMs));
  expect(events.map(({ event }) => event)).toEqual(['raised', 'resolved']);
  expect(eventStories(events, endMs + minuteMs)).toHaveLength(1);
  expect(open).toEqual([]);
});
