import { expect, test } from 'vitest';
import { type Condition, type ConditionEvent, decide } from '../events/condition.ts';
import { channelSettings, OutboxWorld } from './outbox-testing.ts';
import { startMs, Watcher } from './testing.ts';
import { dayMs, minuteMs } from './times.ts';

test('a mirror that fails every minute for a day: at most five messages arrive, and the digest knows all of it', async () => {
  const world = new OutboxWorld([channelSettings('mail', { digest: true }), channelSettings('phone')]);
  const watcher = new Watcher({ timeZone: 'Europe/Berlin', quiet: { from: 22 * 60, to: 7 * 60 } });
  const stuck: Condition[] = [];
  const events: ConditionEvent[] = [];
  const key = 'mirror-stuck:nas';
  const say = (open: boolean): void => {
    const at = new Date(world.nowMs).toISOString();
    const text = 'The mirror failed: rsync ended with 23.';
    const condition: Condition = {
      ...{ key, code: 'mirror-stuck', source: 'nas', severity: 'warning', text, remedy: 'Look at the mirror.' },
      ...{ since: at, changedAt: at },
    };
    const { since, changedAt: _, ...about } = stuck[0] ?? condition;
    if (open) events.push({ version: 1, at, event: 'raised', ...about, openMs: 0 });
    // The supervisor's own way to end it.
    else events.push(...decide(stuck, [{ resolve: key }], world.nowMs).events);
    expect(Date.parse(since)).toBeLessThanOrEqual(world.nowMs);
    stuck.splice(0, 1, ...(open ? [condition] : []));
  };
  while (world.nowMs < startMs + dayMs) {
    for (const open of [true, false]) {
      say(open);
      for (const message of watcher.look(world.nowMs, stuck)) world.outbox.push(message);
      await world.pass(minuteMs / 2);
    }
  }
  expect(events).toHaveLength(2880);
  for (const name of ['mail', 'phone']) {
    const { took } = world.channel(name);
    expect(took.length).toBeGreaterThanOrEqual(1);
    expect(took.length).toBeLessThanOrEqual(5);
    expect(took[0]?.title).toBe('mirror-stuck: nas, on and off');
    expect(took[0]?.body).toContain('The mirror failed: rsync ended with 23.');
  }
});
