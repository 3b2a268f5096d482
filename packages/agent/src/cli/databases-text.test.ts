import { expect, test } from 'vitest';
import type { Covered, CoveredUnit } from '../databases/coverage.ts';
import { databasesText } from './databases-text.ts';

const pg: Covered = { entry: 'pg', engine: 'postgres', isInConfig: true, units: [], failure: null };
const unit: CoveredUnit = {
  ...{ database: 'shop', file: 'postgres-pg-shop.dump', snapshot: 'ab'.repeat(32), time: '2026-11-14T03:00:00' },
  ...{ ageMs: 90_000, bytes: 2 ** 20, verified: 'tool' },
};

test('what is covered is a table, what failed a line each, what is not covered a line for agent.yaml each', () => {
  const covered = [
    { ...pg, units: [unit, { ...unit, database: null, file: 'postgres-pg.sql' }], failure: 'dump-failed' },
    { ...pg, entry: 'old', isInConfig: false, failure: 'dump-failed' },
  ];
  const proposal = '- { engine: redis }';
  const text = databasesText(covered, [{ engine: 'redis', where: 'port 6379', isGuess: true, proposal }], true);
  expect(text.split('\n')).toEqual([
    expect.stringMatching(/^NAME +ENGINE +DATABASE +LAST DUMP +AGE +SIZE +CHECKED BY$/),
    expect.stringMatching(/^pg +postgres +shop +2026-11-14 03:00 +1 min +1 MiB +its own tool$/),
    expect.stringContaining('(postgres-pg.sql)'),
    expect.stringMatching(/^old \(not in agent\.yaml\) .* never$/),
    '',
    'The last dump of pg was not good (dump-failed). Look why: berth status, berth doctor',
    'The last dump of old was not good (dump-failed). Look why: berth status, berth doctor',
    '',
    'Runs here and is not covered:',
    '  redis perhaps: port 6379',
    '',
    'Add to agent.yaml what of it matters, and look with "berth doctor":',
    'databases:',
    `  ${proposal}`,
    '',
  ]);
});

test('where the repository was not read nothing is said of dumps that may be there', () => {
  expect(databasesText([pg], [], false)).toContain('not known');
  expect(databasesText([], [], true)).toContain('No database is backed up');
});

test('a name from outside moves no cursor', () => {
  const named = { ...pg, units: [{ ...unit, database: 'a\u001b[2J' }] };
  expect(databasesText([named], [], true)).not.toContain('\u001b');
});
