import { expect, test } from 'vitest';
import { z } from 'zod';
import { measured, resultOf } from './helpers/bench.ts';

const rowsSchema = z.array(
  z.strictObject({
    sources: z.literal(50),
    planner: z.enum(['berth', 'jitter', 'manual']),
    inWindow: z.number().min(0).max(1),
    peak: z.int(),
    p99LateMinutes: z.number(),
    planMs: z.number().nullable(),
    movedOnAdd: z.int().nullable(),
  }),
);

const title =
  'bench:slots: over a month of 50 machines berth has a lower peak and less lateness than jitter and crontabs';

test.each([1, 2, 3])(`${title} (seed %i)`, async (seed) => {
  const rows = rowsSchema.parse(await resultOf('slots.ts', '--sources', '50', '--seed', `${seed}`));
  const [berth, jitter, manual] = rows;
  expect(rows.map(({ planner }) => planner)).toEqual(['berth', 'jitter', 'manual']);
  expect(berth).toMatchObject({ peak: 2, planMs: measured, movedOnAdd: measured });
  for (const other of [jitter, manual]) {
    expect(other).toMatchObject({ planMs: null, movedOnAdd: null });
    expect(berth?.peak).toBeLessThan(other?.peak ?? 0);
    expect(berth?.p99LateMinutes).toBeLessThan(other?.p99LateMinutes ?? 0);
  }
});
