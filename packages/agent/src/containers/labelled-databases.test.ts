import { expect, test } from 'vitest';
import { databaseEntry } from '../databases/entries.ts';
import { labelledDatabases } from './labelled-databases.ts';
import { composed, someContainer } from './testing.ts';

const db = (labels: Readonly<Record<string, string>>) => composed('shop', 'db', [], { labels });

test('a label makes the entry that agent.yaml would have, named by project and service', () => {
  const [found] = labelledDatabases(
    [db({ 'berth.database': 'postgres', 'berth.database.user': 'shop', 'berth.database.only': 'shop, crm' })],
    [],
  );
  expect(found?.entry).toMatchObject({
    ...{ engine: 'postgres', name: 'shop-db', user: 'shop', only: ['shop', 'crm'] },
    at: { kind: 'container', container: { project: 'shop', service: 'db' } },
  });
});

test('a password is named by the variable that the container has it in', () => {
  const [found] = labelledDatabases(
    [
      someContainer('pg', {
        labels: { 'berth.database': 'postgres', 'berth.database.password-env': 'POSTGRES_PASSWORD' },
      }),
    ],
    [],
  );
  expect(found?.entry).toMatchObject({ name: 'pg', password_env: 'POSTGRES_PASSWORD' });
});

test('the version that an engine has to be told is a number in a label too', () => {
  const [found] = labelledDatabases([db({ 'berth.database': 'influxdb', 'berth.database.version': '1' })], []);
  expect(found?.entry).toMatchObject({ engine: 'influxdb', version: 1 });
});

test.each([
  { 'berth.database': 'postgres', 'berth.database.password-file': '/etc/shadow' },
  { 'berth.database': 'postgres', 'berth.database.pgpass': '/root/.pgpass' },
  { 'berth.database': 'postgres', 'berth.database.tools': '/tmp/evil' },
  { 'berth.database': 'sqlite', 'berth.database.file': '/data/x', 'berth.database.at': '{}' },
  { 'berth.database': 'command', 'berth.database.run': 'dump', 'berth.database.verify': 'sh' },
  { 'berth.database': 'redis', 'berth.database.stop': 'ssh.service' },
])('a label can name no file, program or unit of this machine: %j', (labels) => {
  const [found] = labelledDatabases([db(labels)], []);
  expect(found?.problem?.message).toContain('a label may not say');
});

test('a database that the labels ask for in vain is a problem, and not silence', () => {
  for (const labels of [
    { 'berth.database': 'oracle' },
    { 'berth.database.user': 'shop' },
    { 'berth.database': 'vault' },
    { 'berth.database': 'postgres', 'berth.database.password': 'secret' },
  ]) {
    const [found] = labelledDatabases([db(labels)], []);
    expect(found).toMatchObject({ entry: null, problem: { code: 'container-label' } });
  }
});

test('agent.yaml wins over the labels of the same container, and two databases never have one name', () => {
  const written = databaseEntry.parse({ engine: 'postgres', name: 'main', at: { compose: 'shop/db' } });
  expect(labelledDatabases([db({ 'berth.database': 'postgres' })], [written])).toEqual([]);
  const same = databaseEntry.parse({ engine: 'redis', name: 'shop-db' });
  const [found] = labelledDatabases([db({ 'berth.database': 'postgres' })], [same]);
  expect(found?.problem?.message).toContain('berth.database.name');
});
