import { Problem } from '@berth/common/problem.ts';
import { describe, expect, test } from 'vitest';
import { failed } from './testing.ts';
import { fakeDatabase, fakeGroup, withBeside } from './testing-beside.ts';

const refused = () => new Problem('database-refused', 'The password is wrong.', 'Look at password_file.');
const cut = () => failed('connection-cut');
const upkeep = ['forget box berth', 'forget box db', 'forget box container', 'prune', 'check 1/20'];

describe('databases', () => {
  test('are dumped before the files, each into a snapshot of its own that the report names', async () => {
    await using it = await withBeside(({ databases }, calls) => {
      databases.push(fakeDatabase(calls, 'shop', undefined, ['orders', 'users']), fakeDatabase(calls, 'crm'));
    });
    const { report } = await it.run();
    expect(it.calls).toEqual([
      ...['connect', 'unlock', 'describe shop'],
      ...['backupStream postgres-shop-orders.dump', 'backupStream postgres-shop-users.dump'],
      ...['describe crm', 'backupStream postgres-crm.dump', 'backup', ...upkeep],
    ]);
    expect(report).toMatchObject({ outcome: 'ok', snapshot: 'e32c3a72' });
    expect(report.dumps.map(({ subject, database, outcome }) => [subject, database, outcome])).toEqual([
      ['shop', 'orders', 'ok'],
      ['shop', 'users', 'ok'],
      ['crm', null, 'ok'],
    ]);
    expect(report.steps.filter(({ name }) => name === 'dump')).toMatchObject([
      { subject: 'shop', outcome: 'ok', numbers: { dumpsMade: 2, dumpsFailed: 0, bytesDumped: 20 } },
      { subject: 'crm', outcome: 'ok' },
    ]);
  });

  test('that fail do not keep others and the files from being saved, and the run is incomplete', async () => {
    await using it = await withBeside(({ databases }, calls) => {
      const wrong = { ...fakeDatabase(calls, 'shop'), describe: () => Promise.reject(refused()) };
      databases.push(wrong, fakeDatabase(calls, 'crm'));
    });
    const { report } = await it.run();
    expect(report).toMatchObject({ outcome: 'incomplete', reason: 'database-refused', snapshot: 'e32c3a72' });
    expect(report.message).toContain('shop: The password is wrong.');
    expect(report.dumps).toMatchObject([{ subject: 'crm', outcome: 'ok' }]);
    expect(it.calls).toContain('forget box db');
  });

  test('that were cut off are dumped again, but not what was done', async () => {
    await using it = await withBeside(({ databases }, calls) => {
      databases.push(fakeDatabase(calls, 'shop', undefined, ['orders', 'users']), fakeDatabase(calls, 'crm'));
    });
    it.answers.backupStream = [null, cut()];
    it.answers.prune = [cut()];
    const { report } = await it.run();
    expect(it.calls.filter((call) => call.startsWith('backupStream'))).toEqual([
      ...['backupStream postgres-shop-orders.dump', 'backupStream postgres-shop-users.dump'],
      ...['backupStream postgres-shop-users.dump', 'backupStream postgres-crm.dump'],
    ]);
    expect(it.calls.filter((call) => call === 'backup')).toHaveLength(1);
    expect(report).toMatchObject({ outcome: 'ok', attempts: 3 });
    expect(report.dumps).toHaveLength(3);
  });

  test('that refuse a password are not asked again when the line is cut later', async () => {
    await using it = await withBeside(({ databases }, calls) => {
      const ask = async () => {
        calls.push('ask');
        throw refused();
      };
      databases.push({ ...fakeDatabase(calls, 'shop'), describe: ask });
    });
    it.answers.backup = [cut(), cut()];
    const { report } = await it.run();
    expect(it.calls.filter((call) => call === 'ask')).toHaveLength(1);
    expect(report).toMatchObject({ outcome: 'incomplete', reason: 'database-refused', attempts: 3 });
  });

  test('stay in a report of bounded size, however often a prune is tried after them', async () => {
    await using it = await withBeside(({ databases }, calls) => {
      databases.push(...Array.from({ length: 20 }, (_, index) => fakeDatabase(calls, `shop-${index}`)));
    }, 'retry: { for: 30d, longest: 1m }');
    it.answers.unlock = Array.from({ length: 40 }, () => cut());
    it.answers.prune = Array.from({ length: 100 }, () => cut());
    const { report } = await it.run();
    expect(report.steps).toHaveLength(60);
    expect(report.steps.filter(({ name }) => name === 'dump')).toHaveLength(20);
    expect(report.dumps).toHaveLength(20);
  });

  test('do not explain why there is no backup of the files', async () => {
    await using it = await withBeside(({ databases }, calls) => {
      databases.push({ ...fakeDatabase(calls, 'shop'), describe: () => Promise.reject(refused()) });
    });
    it.answers.backup = [failed('out-of-space')];
    expect((await it.run()).report).toMatchObject({ outcome: 'failed', reason: 'out-of-space' });
  });
});

test('an engine of containers that is away is told, and what needs none of it goes on', async () => {
  await using it = await withBeside((beside, calls) => {
    beside.databases.push(fakeDatabase(calls, 'shop'));
    beside.problem = new Problem('engine-away', 'Docker does not answer.', 'Start it.');
  });
  const { report } = await it.run();
  expect(report).toMatchObject({ outcome: 'incomplete', reason: 'engine-away' });
  expect(report.dumps).toMatchObject([{ subject: 'shop', outcome: 'ok' }]);
});

test('a container whose labels name no database that can be dumped makes the run incomplete', async () => {
  await using it = await withBeside((beside) => {
    const problem = new Problem('container-label', 'The database in pg is not backed up: no such engine.', 'See docs.');
    beside.unclear.push({ container: 'pg', problem });
  });
  const { report } = await it.run();
  expect(report).toMatchObject({ outcome: 'incomplete', reason: 'container-label' });
  expect(report.message).toContain('The database in pg is not backed up');
});

test('a dry run names what would be dumped and stopped, and does neither', async () => {
  await using it = await withBeside((beside, calls) => {
    beside.databases.push(fakeDatabase(calls, 'shop', undefined, ['orders']));
    const gone = fakeDatabase(calls, 'old', undefined, ['sold']);
    const describe: typeof gone.describe = async (...args) => {
      const described = await gone.describe(...args);
      return { ...described, units: described.units.map((unit) => ({ ...unit, isMissing: true })) };
    };
    beside.databases.push({ ...gone, describe });
    beside.groups.push(fakeGroup('wiki'));
  }, 'snapshots: auto');
  const { report } = await it.run({ dryRun: true });
  expect(it.calls).toEqual(['connect', 'describe shop', 'describe old', 'backup dry']);
  const words = report.steps.flatMap((step) => step.words);
  expect(words).toEqual([
    'PostgreSQL 15',
    'would dump postgres-shop-orders.dump',
    'PostgreSQL 15',
    'could not dump postgres-old-sold.dump: the server has no such database',
    'would stop wiki.service',
    'would copy /srv/wiki',
  ]);
});
