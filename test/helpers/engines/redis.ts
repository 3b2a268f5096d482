import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Quiesce } from '../../../packages/agent/src/containers/containers.ts';
import { fetchDebian } from '../../../scripts/fetch-debian.ts';
import { freePort } from '../../../scripts/free-port.ts';
import { downUntil } from './quiesced.ts';
import { startServer } from './server-process.ts';
import { wrapPrograms } from './wrappers.ts';

/** Debian 12's Redis with its tools, unpacked. */
export const redisPrograms = (): Promise<string> =>
  fetchDebian('redis-bookworm', 'bookworm', ['redis-tools', 'redis-server', 'liblzf1', 'libjemalloc2']);

const wrapped = async (engine: 'redis' | 'valkey', into: string): Promise<string> => {
  const names = ['server', 'cli', 'check-rdb', 'check-aof'].map((name) => `${engine}-${name}`);
  if (engine === 'redis') return wrapPrograms({ root: await redisPrograms(), into, names });
  // Debian 12 has none, and 13's wants a newer C library than it has: it is started by 13's own.
  const root = await fetchDebian('valkey-trixie', 'trixie', [
    ...(['valkey-server', 'valkey-tools', 'libc6', 'liblzf1', 'libjemalloc2', 'libssl3t64', 'libsystemd0'] as const),
    ...(['libatomic1', 'libgcc-s1', 'libstdc++6', 'liblua5.1-0', 'libcap2', 'libzstd1'] as const),
  ]);
  return wrapPrograms({ root, into, names, ownLoader: true });
};

/** A private Redis or Valkey on a free port of the loopback, with a password, that keeps nothing on disk by itself; `settings` as on its command line. */
export const withRedis = async (engine: 'redis' | 'valkey', settings: readonly string[] = []) => {
  const directory = await mkdtemp(join(tmpdir(), `berth-${engine}-`));
  const bin = await wrapped(engine, join(directory, 'bin'));
  const data = join(directory, 'data');
  await mkdir(data, { mode: 0o700 });
  const password = `re'dis" ${Math.random().toString(36).slice(2)}`;
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const config = join(directory, 'server.conf');
  const quoted = password.replaceAll('"', '\\"');
  await writeFile(config, `requirepass "${quoted}"\n`, { mode: 0o600 });
  const port = await freePort();
  const cli = (args: readonly string[], input?: string) =>
    execa(join(bin, `${engine}-cli`), ['-p', String(port), '--no-auth-warning', ...args], {
      env: { REDISCLI_AUTH: password },
      ...(input === undefined ? { stdin: 'ignore' } : { input }),
    });
  const ask = async (...words: readonly string[]): Promise<string> => {
    const { stdout } = await cli(words);
    if (/^(?:ERR|NOAUTH|NOPERM|WRONGPASS) /.test(stdout)) throw new Error(stdout);
    return stdout.trim();
  };
  const start = () =>
    startServer(
      [
        ...[join(bin, `${engine}-server`), config, '--port', String(port), '--bind', '127.0.0.1', '--dir', data],
        ...['--save', '', '--rdbcompression', 'no', '--repl-diskless-sync-delay', '0', '--enable-debug-command', 'yes'],
        ...settings,
      ],
      { env: {}, cwd: directory },
      async () => (await cli(['ping']).catch(() => ({ stdout: '' }))).stdout === 'PONG',
    );
  let server = await start();
  let stops = 0;
  /** Takes the place of systemd and of a container's engine. */
  const quiesce: Quiesce = {
    down: async () => {
      stops += 1;
      await ask('SHUTDOWN').catch(() => undefined);
      await server.kill();
      return downUntil(async () => {
        server = await start();
      });
    },
  };
  return {
    bin,
    port,
    data,
    password,
    passwordFile,
    ask,
    quiesce,
    stops: () => stops,
    /** A sum over all keys and values. */
    digest: () => ask('DEBUG', 'DIGEST'),
    /** So many keys of 100 kB. */
    fill: (keys: number) => ask('DEBUG', 'POPULATE', String(keys), 'big', '100000'),
    /** Two counters that always change together, as fast as it goes, until disposed of. */
    write: () => {
      const script = "redis.call('incr', 'one'); return redis.call('incr', 'other')";
      const writing = cli(['-r', '-1', 'EVAL', script, '0']);
      const over = writing.catch(() => undefined);
      return {
        [Symbol.asyncDispose]: async () => {
          writing.kill();
          await over;
        },
      };
    },
    kill: () => server.kill(),
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
/** See `withRedis`. */
export type RunningRedis = Awaited<ReturnType<typeof withRedis>>;
