import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { fetchDebian } from '../../../scripts/fetch-debian.ts';
import { freePort } from '../../../scripts/free-port.ts';
import { give, unprivileged } from './person.ts';
import { startServer } from './server-process.ts';

const packages = ['postgresql-15', 'postgresql-client-15', 'libpq5', 'libicu72', 'libxml2', 'libldap-2.5-0'] as const;

/** The programs: the newest release that is installed, else Debian 12's, taken into `.cache`. */
export const findPostgres = async (): Promise<{ readonly bin: string; readonly env: Record<string, string> }> => {
  const debian = '/usr/lib/postgresql';
  const installed = (await readdir(debian).catch(() => [])).sort((one, other) => Number(other) - Number(one));
  for (const release of installed) {
    const bin = join(debian, release, 'bin');
    if ((await readdir(bin)).includes('initdb')) return { bin, env: {} };
  }
  const root = await fetchDebian('postgresql-bookworm', 'bookworm', packages);
  const [triplet = ''] = (await readdir(join(root, 'usr/lib'))).filter((name) => name.endsWith('-linux-gnu'));
  return { bin: join(root, debian, '15/bin'), env: { LD_LIBRARY_PATH: join(root, 'usr/lib', triplet) } };
};

/** A private PostgreSQL on a free port of the loopback and a socket in its own folder; over TCP it asks for the password. */
export const withPostgres = async () => {
  const { bin, env } = await findPostgres();
  const directory = await mkdtemp(join(tmpdir(), 'berth-postgres-'));
  const password = `pg'secret"${Math.random().toString(36).slice(2)}`;
  const file = join(directory, 'password');
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  await give(directory);
  await give(file);
  const data = join(directory, 'data');
  const options = { env, stdin: 'ignore', cwd: directory } as const;
  const [program = '', ...before] = [...unprivileged, join(bin, 'initdb')];
  await execa(
    program,
    [
      ...before,
      ...['-D', data, '-U', 'postgres', '-E', 'UTF8', '--locale=C.UTF-8', '--no-sync', `--pwfile=${file}`],
      ...['--auth-local=trust', '--auth-host=scram-sha-256'],
    ],
    options,
  );
  // Of berth's from here on, which reads it as whoever runs the tests.
  await rm(file);
  await writeFile(file, `${password}\n`, { mode: 0o600 });
  const port = await freePort();
  const run = async (args: readonly string[], database = 'postgres', input = '') =>
    execa(join(bin, 'psql'), ['-X', '-A', '-t', '-q', '-v', 'ON_ERROR_STOP=1', ...args], {
      env: { ...env, PGHOST: directory, PGPORT: String(port), PGUSER: 'postgres', PGDATABASE: database },
      input,
    });
  const start = () =>
    startServer(
      [
        ...unprivileged,
        join(bin, 'postgres'),
        ...['-D', data, '-p', String(port), '-k', directory, '-h', '127.0.0.1'],
        ...[
          '-c',
          'fsync=off',
          '-c',
          'shared_buffers=16MB',
          '-c',
          'jit=off',
          '-c',
          'max_wal_senders=0',
          '-c',
          'wal_level=minimal',
        ],
      ],
      { env, cwd: directory },
      () =>
        run(['-c', 'select 1']).then(
          () => true,
          () => false,
        ),
    );
  let server = await start();
  return {
    bin,
    port,
    socket: directory,
    password,
    passwordFile: file,
    /** Statements in a database; the answer's rows, a line each. */
    sql: async (statements: string, database = 'postgres'): Promise<string> =>
      (await run([], database, statements)).stdout,
    identifier: (name: string): string => `"${name.replaceAll('"', '""')}"`,
    kill: () => server.kill(),
    start: async () => {
      server = await start();
    },
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
/** See `withPostgres`. */
export type Postgres = Awaited<ReturnType<typeof withPostgres>>;
