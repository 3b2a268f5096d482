import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatDuration, isMillis } from '@berth/common/duration.ts';
import { expect, test } from 'vitest';
import { conditionCodes, severities } from '../events/condition.ts';
import { ruleOf, rules, waits } from './rules.ts';

const spanOf = (millis: number): string => (millis > 0 && isMillis(millis) ? formatDuration(millis) : 'at once');

test('docs/alerts.md has the rules as they are', async () => {
  const page = await readFile(join(import.meta.dirname, '../../../../docs/alerts.md'), 'utf8');
  const rows = page.match(/^\| (?:`|any other).*$/gm) ?? [];
  const about = { sources: 'sources', parts: 'channels or files', server: '' } as const;
  const expected = [
    ...Object.entries(rules).map(([code, rule]) => [`\`${code}\``, spanOf(rule.deadlineMs), about[rule.about]]),
    ...severities
      .toReversed()
      .map((severity) => [`any other, \`${severity}\``, spanOf(waits[severity].usualMs), 'sources']),
  ];
  const cells = rows.map((row) => row.split('|').map((cell) => cell.trim()));
  expect(cells.map(([, code = '', , after = '', together = '']) => [code, after, together])).toEqual(expected);
});

test('every code has a rule, and what is critical is told within two minutes', () => {
  expect(Object.keys(rules).toSorted()).toEqual([...conditionCodes].toSorted());
  for (const code of [...conditionCodes, 'one-of-tomorrow', 'toString'])
    expect(ruleOf(code, 'critical').deadlineMs).toBeLessThanOrEqual(120_000);
});
