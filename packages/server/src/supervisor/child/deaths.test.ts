import { expect, test } from 'vitest';
import { Deaths } from './deaths.ts';

const minuteMs = 60_000;

test('five deaths within ten minutes are many, until somebody says that it is well', () => {
  const deaths = new Deaths();
  for (const second of [0, 5, 10, 15]) deaths.note(second * 1000);
  expect(deaths.areMany).toBe(false);
  deaths.note(20_000);
  expect(deaths.areMany).toBe(true);
  deaths.note(60 * minuteMs);
  expect(deaths.areMany).toBe(true);
  deaths.forget();
  expect(deaths.areMany).toBe(false);
  deaths.note(60 * minuteMs);
  expect(deaths.areMany).toBe(false);
});

test('a death now and then never is', () => {
  const deaths = new Deaths();
  for (let minute = 0; minute < 1000; minute += 2.5) deaths.note(minute * minuteMs);
  expect(deaths.areMany).toBe(false);
});
