import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { collectTool } from './collect.ts';
import { takeVariable, withInsideSecret } from './inside.ts';
import { postgresSchema } from './postgres.ts';
import { testWorld } from './testing.ts';

const run = async (argv: readonly [string, ...string[]], env: Readonly<Record<string, string>>) =>
  collectTool(testWorld(), { kind: 'host' }, { argv, env }, new AbortController().signal);

describe.skipIf(process.platform === 'win32')('a password that stays where it is', () => {
  const secret = `it's "$HOME" \\n \`x\``;

  test('is taken from one variable into another by a shell, which becomes the tool; no argument holds it', async () => {
    const argv = withInsideSecret(
      ['/bin/sh', '-c', 'printf %s "$PGPASSWORD"; exit 4'],
      'POSTGRES_PASSWORD',
      'PGPASSWORD',
    );
    expect(argv.join()).not.toContain(secret);
    expect(await run(argv, { POSTGRES_PASSWORD: secret })).toMatchObject({ stdout: secret, code: 4 });
  });

  test('is read from the file that a variable names, and where that is not there the tool does not start', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-inside-'));
    await writeFile(join(folder, 'secret'), `${secret}\n`);
    const argv = withInsideSecret(['/bin/sh', '-c', 'printf %s "$P"'], 'POSTGRES_PASSWORD_FILE', 'P');
    expect(await run(argv, { POSTGRES_PASSWORD_FILE: join(folder, 'secret') })).toMatchObject({
      stdout: secret,
      code: 0,
    });
    expect(await run(argv, { POSTGRES_PASSWORD_FILE: join(folder, 'none') })).toMatchObject({ stdout: '', code: 1 });
    await rm(folder, { recursive: true });
  });

  test('has a name that is one, whoever wrote the label', () => {
    expect(() => takeVariable('X; rm -rf /', 'P')).toThrow('no variable');
  });
});

test('a container has variables, and a machine files: what does not fit is told', () => {
  const inContainer = { engine: 'postgres', at: { container: 'pg' }, password_env: 'POSTGRES_PASSWORD' };
  expect(postgresSchema.safeParse(inContainer).success).toBe(true);
  expect(postgresSchema.safeParse({ ...inContainer, at: { host: 'db.lan' } }).success).toBe(false);
  expect(postgresSchema.safeParse({ ...inContainer, password_file: '/etc/x' }).success).toBe(false);
});
