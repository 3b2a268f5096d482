import { expect, test } from 'vitest';
import { connectionProblem } from './problems.ts';

const place = { kind: 'tcp', host: 'db.lan', port: 5432 } as const;
const problemOf = (...stderr: string[]) => connectionProblem({ code: 2, stderr }, place);
const asked = 'psql: error: connection to server at "db.lan", port 5432 failed: ';

test('who is not there is told with the reason, not with the question after it', () => {
  const problem = problemOf(
    `${asked}Connection refused`,
    '\tIs the server running on that host and accepting TCP/IP connections?',
  );
  expect(problem).toMatchObject({
    code: 'database-unreachable',
    message: expect.stringMatching(/Connection refused\.$/),
  });
});

test('a wrong password and a database that is not there are not mixed up', () => {
  expect(problemOf(`${asked}FATAL:  password authentication failed for user "backup"`)).toMatchObject({
    code: 'database-refused',
    remedy: expect.stringContaining('password file'),
  });
  expect(problemOf(`${asked}FATAL:  database "shoop" does not exist`)).toMatchObject({
    code: 'database-missing',
    message: 'PostgreSQL at db.lan:5432: database "shoop" does not exist.',
    remedy: expect.stringContaining('"only:"'),
  });
});
