import { expect, test } from 'vitest';
import { clientProblem } from './problems.ts';

const place = { kind: 'tcp', host: 'db.lan', port: 3306 } as const;
const problemOf = (line: string, bytes = 0) =>
  clientProblem({ code: 2, stderr: [line] }, { place, what: 'the database shoop', bytes });

test('a wrong password, a server that is away and a database that is not there each say what to do', () => {
  expect(
    problemOf('mariadb-dump: Got error: 1045: "Access denied for user \'backup\'" when trying to connect'),
  ).toMatchObject({
    code: 'database-refused',
    remedy: expect.stringContaining('the password'),
  });
  expect(problemOf("mariadb-dump: Got error: 2002: \"Can't connect to server on 'db.lan'\"")).toMatchObject({
    code: 'database-unreachable',
  });
  expect(
    problemOf('mariadb-dump: Got error: 1049: "Unknown database \'shoop\'" when selecting the database', 700),
  ).toMatchObject({
    code: 'database-missing',
    message: expect.stringContaining('does not have the database shoop'),
    remedy: expect.stringContaining('"only:"'),
  });
});

test('a tool that had begun failed midway, whatever became of the connection', () => {
  expect(problemOf('mariadb-dump: Error 2013: Lost connection to server during query', 9_000).code).toBe('dump-failed');
});
