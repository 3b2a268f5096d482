import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import type { Quiesce } from '../../../packages/agent/src/containers/containers.ts';
import { fetchDebian } from '../../../scripts/fetch-debian.ts';
import { freePort } from '../../../scripts/free-port.ts';
import { downUntil } from './quiesced.ts';
import { startServer } from './server-process.ts';

/** Debian 13's etcd (3.5) with its tools: programs of Go, which run from wherever they are unpacked. */
export const etcdPrograms = async (): Promise<string> =>
  join(await fetchDebian('etcd-trixie', 'trixie', ['etcd-server', 'etcd-client']), 'usr/bin');

const tokenShape = z.object({ token: z.string().optional() });

/** A private etcd of one member, called `shop`, on free ports of the loopback, in which users are on: `root` with the password. */
export const withEtcd = async () => {
  const bin = await etcdPrograms();
  const directory = await mkdtemp(join(tmpdir(), 'berth-etcd-'));
  const data = join(directory, 'data');
  const [port, peerPort] = [await freePort(), await freePort()];
  const [client, peer] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const password = `et'cd" ${Math.random().toString(36).slice(2)}`;
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const ctl = async (args: readonly string[], input = ''): Promise<string> => {
    const env = { ETCDCTL_USER: 'root', ETCDCTL_PASSWORD: password };
    const { stdout } = await execa(join(bin, 'etcdctl'), [`--endpoints=${client}`, ...args], { env, input });
    return stdout;
  };
  const start = (folder = data) =>
    startServer(
      [
        ...[join(bin, 'etcd'), '--name=shop', `--data-dir=${folder}`, '--log-level=warn', '--unsafe-no-fsync'],
        ...[`--listen-client-urls=${client}`, `--advertise-client-urls=${client}`, `--listen-peer-urls=${peer}`],
        ...[`--initial-advertise-peer-urls=${peer}`, `--initial-cluster=shop=${peer}`],
      ],
      { env: { GOMAXPROCS: '2' }, cwd: directory },
      async () => {
        const answer = await fetch(`${client}/health`).catch(() => null);
        return (await answer?.text())?.includes('"true"') ?? false;
      },
    );
  let server = await start();
  const post = async (path: string, json: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await fetch(`${client}${path}`, { method: 'POST', body: JSON.stringify(json), headers });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return tokenShape.parse(await answer.json());
  };
  // By its gateway: etcdctl would take a password for over at its first space.
  await post('/v3/auth/user/add', { name: 'root', password });
  await post('/v3/auth/user/grant', { user: 'root', role: 'root' });
  await post('/v3/auth/enable', {});
  const quiesce: Quiesce = {
    down: async () => {
      await server.kill();
      return downUntil(async () => {
        server = await start();
      });
    },
  };
  return {
    bin,
    client,
    data,
    directory,
    password,
    passwordFile,
    ctl,
    quiesce,
    /** So many keys of 100 kB. */
    fill: async (count: number): Promise<void> => {
      const { token = '' } = await post('/v3/auth/authenticate', { name: 'root', password });
      const base64 = (text: string) => Buffer.from(text).toString('base64');
      for (let key = 0; key < count; key += 1) {
        const value = base64(String.fromCharCode(97 + (key % 26)).repeat(100_000));
        await post('/v3/kv/put', { key: base64(`fill/${key}`), value }, { authorization: token });
      }
    },
    /** All keys and values, as they are named. */
    all: async (): Promise<ReadonlyMap<string, string>> => {
      const { kvs = [] } = JSON.parse(await ctl(['get', '', '--prefix', '-w', 'json']));
      const text = (base64: string) => Buffer.from(base64, 'base64').toString();
      return new Map(kvs.map((pair: { key: string; value?: string }) => [text(pair.key), text(pair.value ?? '')]));
    },
    kill: () => server.kill(),
    /** Another server on the same ports over another folder. */
    startOn: async (folder: string): Promise<void> => {
      await server.kill();
      server = await start(folder);
    },
    [Symbol.asyncDispose]: async () => {
      await server.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
};
/** See `withEtcd`. */
export type RunningEtcd = Awaited<ReturnType<typeof withEtcd>>;
