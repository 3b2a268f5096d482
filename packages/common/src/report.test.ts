import { expect, test } from 'vitest';
import { boundLines, type Report, reportLimits, reportSchema } from './report.ts';

const at = '2026-11-14T03:00:00.000Z';
const report: Report = {
  version: 1,
  run: '5f4f1f0e-5b0c-4c7f-8f43-0a8a5f7a8a11',
  source: 'laptop',
  versions: { berth: '0.1.0', restic: '0.14.0', node: '24.0.0', system: 'linux x64' },
  startedAt: at,
  endedAt: at,
  outcome: 'ok',
  reason: null,
  message: null,
  remedy: null,
  attempts: 1,
  dryRun: false,
  snapshot: 'e32c3a72',
  steps: [],
  stepsLeftOut: 0,
  dumps: [],
  warnings: [],
};
const step = {
  name: 'backup',
  subject: null,
  attempt: 1,
  startedAt: at,
  endedAt: at,
  outcome: 'ok',
  reason: null,
  numbers: {},
  words: [],
  warnings: [],
};

test('a report survives the wire', () => {
  const whole = { ...report, steps: [{ ...step, numbers: { bytesAdded: 1 } }] };
  expect(reportSchema.parse(JSON.parse(JSON.stringify(whole)))).toEqual(whole);
});

test.each([
  ['a line too long', { warnings: ['x'.repeat(501)] }],
  ['too many steps', { steps: Array.from({ length: 61 }, () => step) }],
  ['too many lines in a step', { steps: [{ ...step, words: Array.from({ length: 41 }, () => 'x') }] }],
  [
    'too many numbers',
    { steps: [{ ...step, numbers: Object.fromEntries(Array.from({ length: 21 }, (_, i) => ['a'.repeat(i + 1), 1])) }] },
  ],
  ['a local time', { startedAt: '2026-11-14T03:00:00' }],
  ['a snapshot that is a path', { snapshot: '../../etc' }],
])('%s is refused', (_, change) => {
  expect(reportSchema.safeParse({ ...report, ...change }).success).toBe(false);
});

test('whatever a newer agent adds is dropped', () => {
  expect(reportSchema.parse({ ...report, mood: 'good' })).toEqual(report);
});

test('the largest report there can be stays under 3 MiB as JSON and what is cut says so', () => {
  const long = boundLines(Array.from({ length: 1000 }, () => 'x'.repeat(1000)));
  expect(long.length).toBeLessThanOrEqual(reportLimits.lines);
  expect(long.join('\n')).toMatch(/… 962 lines left out/);
  const steps = Array.from({ length: reportLimits.steps }, () => ({ ...step, words: long, warnings: long }));
  const largest = reportSchema.parse({ ...report, steps });
  expect(JSON.stringify(largest).length).toBeLessThan(3 * 1024 ** 2);
});
