import { Problem } from '@berth/common/problem.ts';
import { collectTool } from '../collect.ts';
import type { Described, EngineWorld } from '../engine.ts';
import type { RedisEntry } from '../redis.ts';
import { infoOf, namesOf, toolPlace } from './cli.ts';

/** Since when `--rdb -` writes to standard output; before that it makes a file of the name `-`. Valkey began later. */
const firstWithStdout = [6, 2] as const;

/** Reaches the server, and names it and its tool. */
export const describeServer = async (
  entry: RedisEntry,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<Pick<Described, 'version' | 'warnings'>> => {
  const { title, cli } = namesOf(entry);
  const told = await collectTool(world, toolPlace(entry), { argv: [cli, '--version'], as: entry.as }, signal);
  const [, tool] = /(\d+\.\d+\.\d+)/.exec(told.stdout) ?? [];
  if (told.code !== 0 || tool === undefined) {
    throw new Problem('tool-missing', `${cli} does not run.`, `Install ${entry.engine}-tools, or name the container.`, {
      cause: new Error(told.stderr.join('\n')),
    });
  }
  const [major = 0, minor = 0] = tool.split('.').map(Number);
  const isOld = major < firstWithStdout[0] || (major === firstWithStdout[0] && minor < firstWithStdout[1]);
  if (entry.form === 'rdb' && entry.by === 'replication' && isOld) {
    const happened = `${cli} ${tool} cannot write a dump to its standard output.`;
    throw new Problem('tool-too-old', happened, 'Take 6.2 or newer, or write by: bgsave in the entry.');
  }
  const info = await infoOf(entry, world, signal);
  const server = info.get('valkey_version') ?? info.get('redis_version') ?? '?';
  const isValkey = info.has('valkey_version') || info.get('server_name') === 'valkey';
  return {
    version: `${isValkey ? 'Valkey' : 'Redis'} ${server}, ${cli} ${tool}`,
    warnings: [
      ...(isValkey === (title === 'Valkey')
        ? []
        : [`This is ${isValkey ? 'Valkey' : 'Redis'}: write engine: ${isValkey ? 'valkey' : 'redis'}.`]),
      ...(info.get('cluster_enabled') === '1'
        ? ['It belongs to a cluster: this entry copies this node alone. Every node that is a master needs an entry.']
        : []),
      ...(entry.form === 'rdb' && info.get('aof_enabled') === '1'
        ? [
            'It keeps append-only files and would ignore dump.rdb at a restore: see "Redis and Valkey" in docs/databases.md.',
          ]
        : []),
    ],
  };
};
