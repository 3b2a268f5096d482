import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Exec } from './exec.ts';
import { quiesceUnit } from './units.ts';

const never = new AbortController().signal;

/** A systemd with one unit, `shop.service`; `starts` is false for one that does not come up again. */
const withUnit = (starts = true) => {
  let isActive = true;
  const asked: string[] = [];
  const exec: Exec = async (argv) => {
    const verb = argv.find((word) => ['show', 'stop', 'start'].includes(word)) ?? '';
    if (verb !== 'show') asked.push(verb);
    if (verb === 'stop') isActive = false;
    if (verb === 'start') isActive = starts;
    const state = isActive ? 'active' : 'inactive';
    return { code: 0, stdout: `Id=shop.service\nLoadState=loaded\nActiveState=${state}\n`, stderr: '' };
  };
  const things = { note: async () => ({ done: async () => undefined }) };
  return { asked, world: { exec, things, elapsed: () => 0, sleep: async () => undefined } };
};

const group = (more: { readonly timeoutMs?: number; readonly user?: boolean }) =>
  ({ kind: 'unit', name: 'shop', unit: 'shop.service', user: false, timeoutMs: 60_000, ...more }) as const;

test('a limit of months is no limit that is over at once', async () => {
  const { asked, world } = withUnit();
  const down = await quiesceUnit(group({ timeoutMs: 90 * 86_400_000 }), world, never);
  await pause(20);
  expect(down.signal.aborted).toBe(false);
  expect(asked).toEqual(['stop']);
  await down.up();
  expect(asked).toEqual(['stop', 'start']);
});

test('what does not start again is told with the words that start it, also where it is a person’s own', async () => {
  const { world } = withUnit(false);
  const down = await quiesceUnit(group({ user: true }), world, never);
  await expect(down.up()).rejects.toMatchObject({
    code: 'not-started-again',
    remedy: 'Start it: systemctl --user start shop.service',
  });
});
