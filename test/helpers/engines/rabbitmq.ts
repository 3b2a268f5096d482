import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchDebian } from '../../../scripts/fetch-debian.ts';
import { freePort } from '../../../scripts/free-port.ts';
import { give, unprivileged } from './person.ts';
import { startServer } from './server-process.ts';

const erlang = [
  ...([
    'base',
    'crypto',
    'eldap',
    'inets',
    'mnesia',
    'os-mon',
    'parsetools',
    'public-key',
    'runtime-tools',
    'ssl',
  ] as const),
  ...(['syntax-tools', 'tools', 'xmerl', 'asn1', 'ftp', 'tftp'] as const),
].map((name) => `erlang-${name}`);

/** A private RabbitMQ of Debian 12 on free ports of the loopback, with its management API and the user `admin`. It takes ten seconds and more. */
export const withRabbitmq = async () => {
  const root = await fetchDebian('rabbitmq-bookworm', 'bookworm', [
    'rabbitmq-server',
    'libtinfo6',
    'libncurses6',
    ...erlang,
  ]);
  const otp = join(root, 'usr/lib/erlang');
  const [release = ''] = await readdir(join(root, 'usr/lib/rabbitmq/lib'));
  const directory = await mkdtemp(join(tmpdir(), 'berth-rabbitmq-'));
  const bin = join(directory, 'bin');
  await mkdir(bin);
  // It names the place it was built for, which is not where it was unpacked.
  await writeFile(join(bin, 'erl'), (await readFile(join(otp, 'bin/erl'), 'utf8')).replaceAll('/usr/lib/erlang', otp));
  await chmod(join(bin, 'erl'), 0o755);
  const [port, api, distribution, epmdPort] = [await freePort(), await freePort(), await freePort(), await freePort()];
  const password = `rab'bit" ${Math.random().toString(36).slice(2)}`;
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const config = [
    ...[`listeners.tcp.1 = 127.0.0.1:${port}`, 'management.tcp.ip = 127.0.0.1', `management.tcp.port = ${api}`],
    ...['default_user = admin', 'default_pass = first', 'log.console.level = error', 'log.file = false'],
  ];
  await writeFile(join(directory, 'rabbitmq.conf'), `${config.join('\n')}\n`);
  await writeFile(join(directory, 'plugins'), '[rabbitmq_management].\n');
  const node = 'berth@localhost';
  const env = {
    ...{ PATH: `${bin}:${join(otp, 'bin')}:${process.env['PATH']}`, HOME: directory, RABBITMQ_NODENAME: node },
    ...{ RABBITMQ_HOME: join(root, 'usr/lib/rabbitmq/lib', release), RABBITMQ_CONF_ENV_FILE: join(directory, 'none') },
    ...{ RABBITMQ_MNESIA_BASE: join(directory, 'mnesia'), RABBITMQ_LOG_BASE: join(directory, 'log') },
    ...{ RABBITMQ_ENABLED_PLUGINS_FILE: join(directory, 'plugins'), RABBITMQ_CONFIG_FILE: join(directory, 'rabbitmq') },
    ...{ RABBITMQ_DIST_PORT: String(distribution), ERL_EPMD_PORT: String(epmdPort), ERL_EPMD_ADDRESS: '127.0.0.1' },
    // Two threads are enough for a test; the default is one for each core, of four kinds.
    ...{ RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 2:2 +A 4', LC_ALL: 'C.UTF-8' },
  };
  // rabbitmqctl as berth finds it, with the environment it needs here and the server's cookie.
  const variables = Object.entries(env).map(([name, value]) => `export ${name}='${value}'`);
  const ctl = join(root, 'usr/lib/rabbitmq/bin/rabbitmqctl');
  await writeFile(
    join(bin, 'rabbitmqctl'),
    `#!/bin/sh\n${variables.join('\n')}\nexec ${unprivileged.join(' ')} '${ctl}' "$@"\n`,
  );
  await chmod(join(bin, 'rabbitmqctl'), 0o755);
  await give(directory);
  const url = `http://127.0.0.1:${api}`;
  const asked = async (path: string, method: string, json: unknown, as = password): Promise<unknown> => {
    const answer = await fetch(`${url}/api/${path}`, {
      method,
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${as}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  };
  // Started by us, for the one that the node would start by itself stays behind as a daemon.
  const epmd = await startServer([...unprivileged, join(otp, 'bin/epmd')], { env, cwd: directory }, async () => true);
  const server = await startServer(
    [...unprivileged, join(root, 'usr/lib/rabbitmq/bin/rabbitmq-server')],
    { env, cwd: directory },
    () =>
      asked('overview', 'GET', undefined, 'first').then(
        () => true,
        () => false,
      ),
  ).catch(async (error: unknown) => {
    await epmd.kill();
    throw error;
  });
  await asked('users/admin', 'PUT', { password, tags: 'administrator' }, 'first');
  if (process.getuid?.() === 0) await chown(passwordFile, 0, 0);
  return {
    ...{ bin, url, password, passwordFile, node, directory },
    /** A call of its management API: GET unless said. */
    api: (path: string, method = 'GET', json?: unknown) => asked(path, method, json),
    kill: () => server.kill(),
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await epmd.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
/** See `withRabbitmq`. */
export type RunningRabbitmq = Awaited<ReturnType<typeof withRabbitmq>>;
