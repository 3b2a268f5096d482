import { expect, test } from 'vitest';
import { influxdbSchema } from './influxdb.ts';

const read = (more: object) => influxdbSchema.safeParse({ engine: 'influxdb', ...more });
const refused = (more: object) => read(more).error?.issues.map(({ path }) => path.join('.'));

test('version 2 needs its token, and a user a password', () => {
  expect(refused({ version: 2 })).toEqual(['token_file']);
  expect(refused({ version: 1, user: 'backup' })).toEqual(['password_file']);
  expect(read({ version: 2, token_file: '/etc/berth/influx.token' }).success).toBe(true);
  expect(read({ version: 1 }).success).toBe(true);
});

test('there is one way to a server: url, or at', () => {
  expect(refused({ version: 1, url: 'http://db.lan:8086', at: { host: 'other.lan' } })).toEqual(['url']);
});
