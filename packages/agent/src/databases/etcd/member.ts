import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import { collectTool } from '../collect.ts';
import type { EngineWorld } from '../engine.ts';
import type { EtcdEntry } from '../etcd.ts';
import { type Ask, type Http, httpOf } from '../http.ts';

const port = 2379;

/** What etcd says of a refused user or password, by whichever way; its codes of gRPC say the same of many things. */
const refusal =
  /user name is empty|invalid user ID or password|permission denied|invalid auth token|user name not found/;

/** What etcd's own words of a refusal or a failure mean to a person. */
export const etcdProblem = (entry: EtcdEntry, words: string): Problem => {
  const cause = new Error(words);
  if (refusal.test(words)) {
    const happened = `etcd did not let the user of the entry ${entry.name} take a snapshot.`;
    return new Problem('database-refused', happened, 'Look at user and password_file; it needs the role root.', {
      cause,
    });
  }
  if (/connection refused|no such host|deadline exceeded|connection reset|handshake|Unavailable/i.test(words)) {
    const happened = `etcd of the entry ${entry.name} does not answer.`;
    return new Problem('database-unreachable', happened, 'Look whether it runs, and at url: in agent.yaml.', { cause });
  }
  return new Problem('dump-failed', 'etcd did not give its snapshot.', 'Look at its log, then run the backup again.', {
    cause,
  });
};

/** A question to the gateway, which takes POST alone (https://etcd.io/docs/v3.5/dev-guide/api_grpc_gateway/). */
export const question = (entry: EtcdEntry, path: string, json: unknown = {}): Ask => ({
  method: 'POST',
  path,
  body: { json },
  explain: (_status, text) => (refusal.test(text) ? etcdProblem(entry, text) : null),
});

const tokenShape = z.object({ token: z.string().min(1).max(4000) });

/** The member's HTTP interface, logged in where the entry has a user: tokens last for minutes. */
export const openEtcd = async (entry: EtcdEntry, world: EngineWorld, signal: AbortSignal): Promise<Http> => {
  if (entry.user === null || entry.password_file === null) return await httpOf(entry, port, {}, world);
  const stranger = await httpOf(entry, port, {}, world);
  const login = { name: entry.user, password: await world.secret(entry.password_file) };
  const { token } = await stranger.json(tokenShape, question(entry, '/v3/auth/authenticate', login), signal);
  return await httpOf(entry, port, { authorization: token }, world);
};

/** `--endpoints` and certificates for etcdctl, and the environment with the password. */
export const etcdctl = async (entry: EtcdEntry, args: readonly string[], world: EngineWorld) => {
  const { origin } = await httpOf(entry, port, {}, world);
  const certificates = [
    ...(entry.ca_file === null ? [] : [`--cacert=${entry.ca_file}`]),
    ...(entry.cert_file === null ? [] : [`--cert=${entry.cert_file}`]),
    ...(entry.key_file === null ? [] : [`--key=${entry.key_file}`]),
  ];
  const login =
    entry.user === null || entry.password_file === null
      ? {}
      : { ETCDCTL_USER: entry.user, ETCDCTL_PASSWORD: await world.secret(entry.password_file) };
  return {
    argv: ['etcdctl', `--endpoints=${origin}`, ...certificates, ...args] as const,
    env: { ETCDCTL_API: '3', ...login },
  };
};

const statusShape = z.object({ version: z.string().max(100) });
const listShape = z.object({
  members: z
    .array(z.object({ name: z.string().max(1000).default(''), peerURLs: z.array(z.string().max(2000)).default([]) }))
    .min(1),
});
const toldShape = z.array(z.object({ Status: z.object({ version: z.string().max(100) }) })).min(1);

/** Its version, and the members of its cluster. Throws as `Database.describe`. */
export const memberOf = async (entry: EtcdEntry, world: EngineWorld, signal: AbortSignal) => {
  if (entry.cert_file === null) {
    const etcd = await openEtcd(entry, world, signal);
    const { version } = await etcd.json(statusShape, question(entry, '/v3/maintenance/status'), signal);
    const { members } = await etcd.json(listShape, question(entry, '/v3/cluster/member/list'), signal);
    return { version, members };
  }
  const [status] = toldShape.parse(await byTool(entry, ['endpoint', 'status', '-w', 'json'], world, signal));
  const { members } = listShape.parse(await byTool(entry, ['member', 'list', '-w', 'json'], world, signal));
  return { version: status?.Status.version ?? '?', members };
};

const byTool = async (
  entry: EtcdEntry,
  args: readonly string[],
  world: EngineWorld,
  signal: AbortSignal,
): Promise<unknown> => {
  const end = await collectTool(world, { kind: 'host' }, await etcdctl(entry, args, world), signal);
  if (end.code !== 0) throw etcdProblem(entry, end.stderr.join('\n'));
  return JSON.parse(end.stdout);
};

const authShape = z.object({ enabled: z.boolean().default(false) });

/** etcd answers much without a user also where users are on, but gives no snapshot: told before the dump. */
export const refuseWithoutUser = async (entry: EtcdEntry, world: EngineWorld, signal: AbortSignal): Promise<void> => {
  if (entry.user !== null || entry.cert_file !== null) return;
  const etcd = await openEtcd(entry, world, signal);
  const { enabled } = await etcd.json(authShape, question(entry, '/v3/auth/status'), signal);
  if (enabled) throw etcdProblem(entry, 'user name is empty');
};
