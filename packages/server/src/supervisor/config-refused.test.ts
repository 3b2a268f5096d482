import { expect, test } from 'vitest';
import { decide } from '../events/condition.ts';
import { refusedWord } from './config-refused.ts';

const finding = (line: number) => ({
  message: `sources.yaml:${line}:3: unknown key "quoat".`,
  remedy: `Write quota in line ${line}.`,
});

test('a refused sources.yaml is told with the first of what is wrong, and is over when one is in force', () => {
  const { open } = decide([], [refusedWord([finding(4), finding(5), finding(6), finding(7), finding(8)])], 0);
  expect(open).toMatchObject([{ key: 'config-refused', severity: 'warning', source: null }]);
  expect(open[0]?.text).toContain('sources.yaml:4:3: unknown key "quoat"; sources.yaml:5:3');
  expect(open[0]?.text).toMatch(/; and 2 more\.$/);
  expect(open[0]?.remedy).toBe('Write quota in line 4. See all of it with: berth-server check');
  expect(decide(open, [refusedWord([])], 1).open).toEqual([]);
});
