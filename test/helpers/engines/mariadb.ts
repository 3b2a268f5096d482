import { cp, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { fetchDebian } from '../../../scripts/fetch-debian.ts';
import { freePort } from '../../../scripts/free-port.ts';
import { give, unprivileged } from './person.ts';
import { startServer } from './server-process.ts';

const packages = ['mariadb-client-core', 'mariadb-client', 'mariadb-common', 'liburing2', 'libaio1'] as const;

/** Debian 12's MariaDB, unpacked, with an empty data folder made once. */
export const prepareMariadb = async () => {
  const root = await fetchDebian('mariadb-bookworm', 'bookworm', ['mariadb-server-core', ...packages]);
  const [triplet = ''] = (await readdir(join(root, 'usr/lib'))).filter((name) => name.endsWith('-linux-gnu'));
  const env = { LD_LIBRARY_PATH: join(root, 'usr/lib', triplet) };
  const template = join(root, 'empty-data');
  const isThere = await stat(template).then(
    () => true,
    () => false,
  );
  if (!isThere) {
    const making = await mkdtemp(join(tmpdir(), 'berth-mariadb-'));
    const args = [`--basedir=${root}/usr`, `--datadir=${making}`, '--skip-test-db', '--skip-name-resolve'];
    const how = '--auth-root-authentication-method=normal';
    await execa(join(root, 'usr/bin/mariadb-install-db'), ['--no-defaults', how, ...args], { env, stdin: 'ignore' });
    const beside = await mkdtemp(join(root, 'empty-data.'));
    await cp(making, beside, { recursive: true });
    await rm(making, { recursive: true });
    await rename(beside, template).catch(() => rm(beside, { recursive: true }));
  }
  return { root, env, template, bin: join(root, 'usr/bin') };
};

/** A private MariaDB on a free port of the loopback and a socket; `root` needs a password over TCP, and none by the socket. */
export const withMariadb = async () => {
  const { root, env, template, bin } = await prepareMariadb();
  const directory = await mkdtemp(join(tmpdir(), 'berth-mariadb-'));
  const data = join(directory, 'data');
  await cp(template, data, { recursive: true });
  await give(directory);
  if (unprivileged.length > 0) await execa('chown', ['-R', '--reference', directory, data]);
  const socket = join(directory, 'socket');
  const port = await freePort();
  const sql = async (statements: string, database = 'mysql'): Promise<string> => {
    const args = [
      '--no-defaults',
      '--batch',
      '--skip-column-names',
      '--binary-mode',
      '--default-character-set=utf8mb4',
    ];
    const { stdout } = await execa(
      join(bin, 'mariadb'),
      [...args, `--socket=${socket}`, '--user=root', `--database=${database}`],
      {
        env,
        input: statements,
      },
    );
    return stdout;
  };
  const server = await startServer(
    [
      ...unprivileged,
      join(root, 'usr/sbin/mariadbd'),
      ...['--no-defaults', `--basedir=${root}/usr`, `--datadir=${data}`, `--socket=${socket}`, `--port=${port}`],
      ...[
        '--bind-address=127.0.0.1',
        '--skip-name-resolve',
        '--innodb-buffer-pool-size=32M',
        '--innodb-log-file-size=8M',
      ],
      ...['--innodb-flush-log-at-trx-commit=0', '--event-scheduler=OFF', `--pid-file=${directory}/pid`],
      ...[`--lc-messages-dir=${root}/usr/share/mysql`, `--character-sets-dir=${root}/usr/share/mysql/charsets`],
    ],
    { env, cwd: directory },
    () =>
      sql('select 1').then(
        () => true,
        () => false,
      ),
  );
  // Accounts of this machine's own name, which a server that resolves no names cannot show.
  await sql("delete from proxies_priv where host not in ('localhost', '%');");
  await sql("delete from global_priv where host not in ('localhost', '%'); flush privileges;");
  const password = `my'secret"\\${Math.random().toString(36).slice(2)}`;
  await sql(
    `create user backup@'%' identified by '${password.replace(/['\\]/g, '\\$&')}'; grant all on *.* to backup@'%' with grant option;`,
  );
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  return {
    /** The client tools need no libraries of the cache. */
    bin,
    port,
    socket,
    password,
    passwordFile,
    sql,
    identifier: (name: string): string => `\`${name.replaceAll('`', '``')}\``,
    kill: () => server.kill(),
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
/** See `withMariadb`. */
export type Mariadb = Awaited<ReturnType<typeof withMariadb>>;
