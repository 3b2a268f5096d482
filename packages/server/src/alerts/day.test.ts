import { expect, test } from 'vitest';
import { eventStories } from '../digest/events.ts';
import { type Condition, type ConditionEvent, decide } from '../events/condition.ts';
import { channelSettings, OutboxWorld } from './outbox-testing.ts';
import { conditionOf, startMs, Watcher } from './testing.ts';
import { dayMs, minuteMs } from './times.ts';

test('a mirror that fails every minute for a day: at most five messages arrive, and one line of the digest tells all of it', async () => {
  const world = new OutboxWorld([channelSettings('mail', { digest: true }), channelSettings('phone')]);
  const watcher = new Watcher({ timeZone: 'Europe/Berlin', quiet: { from: 22 * 60, to: 7 * 60 } });
  const events: ConditionEvent[] = [];
  const look = async (open: readonly Condition[]): Promise<void> => {
    for (const message of watcher.look(world.nowMs, open)) world.outbox.push(message);
    await world.pass(minuteMs / 2);
  };
  while (world.nowMs < startMs + dayMs) {
    const stuck = conditionOf('mirror-stuck', 'nas', world.nowMs, { text: 'The disk of the mirror is full.' });
    const { since, changedAt: _, ...about } = stuck;
    events.push({ version: 1, at: since, event: 'raised', ...about, openMs: 0 });
    await look([stuck]);
    events.push(...decide([stuck], [{ resolve: stuck.key }], world.nowMs).events);
    await look([]);
  }
  expect(events).toHaveLength(2880);
  expect(eventStories(events, world.nowMs)).toMatchObject([{ title: 'The mirror of nas stands still', state: 'over' }]);
  for (const name of ['mail', 'phone']) {
    const { took } = world.channel(name);
    expect(took.length).toBeGreaterThanOrEqual(1);
    expect(took.length).toBeLessThanOrEqual(5);
    expect(took[0]?.title).toBe('The mirror of nas stands still, on and off');
    expect(took[0]?.body).toContain('The disk of the mirror is full.');
  }
});
