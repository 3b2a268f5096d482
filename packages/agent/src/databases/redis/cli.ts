import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import type { EngineWorld } from '../engine.ts';
import { withInsideSecret } from '../inside.ts';
import type { Place } from '../place.ts';
import type { RedisEntry } from '../redis.ts';
import type { ToolEnd } from '../tool.ts';

/** What Redis and Valkey call the same things. */
export interface Names {
  readonly title: 'Redis' | 'Valkey';
  readonly cli: string;
  readonly checkRdb: string;
  readonly checkAof: string;
}

/** The names of an entry's engine. */
export const namesOf = ({ engine }: Pick<RedisEntry, 'engine'>): Names => ({
  title: engine === 'redis' ? 'Redis' : 'Valkey',
  cli: `${engine}-cli`,
  checkRdb: `${engine}-check-rdb`,
  checkAof: `${engine}-check-aof`,
});

/** Where an entry's tools run: in its container, else here. */
export const toolPlace = (entry: Pick<RedisEntry, 'at'>): Place =>
  entry.at.kind === 'container' ? entry.at : { kind: 'host' };

/**
 * Runs redis-cli against the entry's server (https://redis.io/docs/latest/develop/tools/cli/). The password goes by REDISCLI_AUTH, which valkey-cli
 * reads too.
 */
export const runCli = async (
  entry: RedisEntry,
  args: readonly string[],
  onStdout: (chunk: Uint8Array) => void | Promise<void>,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<ToolEnd> => {
  const argv = [namesOf(entry).cli, ...connection(entry), ...args] as const;
  const password = entry.password_file === null ? null : await world.secret(entry.password_file);
  return await world.run(
    toolPlace(entry),
    {
      argv: entry.password_env === null ? argv : withInsideSecret(argv, entry.password_env, 'REDISCLI_AUTH'),
      env: password === null ? {} : { REDISCLI_AUTH: password },
      onStdout,
      as: entry.as,
    },
    signal,
  );
};

const connection = ({ at, user, tls, ca_file }: RedisEntry): readonly string[] => [
  ...(at.kind === 'tcp' ? ['-h', at.host, ...(at.port === null ? [] : ['-p', String(at.port)])] : []),
  ...(at.kind === 'socket' ? ['-s', at.path] : []),
  ...(tls ? ['--tls', ...(ca_file === null ? [] : ['--cacert', ca_file])] : []),
  ...(user === null ? [] : ['--user', user]),
  '--no-auth-warning',
];

const mostAnswer = 1024 * 1024;

/**
 * One command's answer, as redis-cli prints it. redis-cli ends with 0 although the server said no (only newer ones know `-e`), so what
 * reads like a refusal is one. Throws 'database-refused', 'database-unreachable', 'dump-failed'.
 */
export const askServer = async (
  entry: RedisEntry,
  words: readonly string[],
  world: EngineWorld,
  signal: AbortSignal,
): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const keep = (chunk: Uint8Array): void => {
    bytes += chunk.length;
    if (bytes <= mostAnswer) chunks.push(chunk);
  };
  const end = await runCli(entry, words, keep, world, signal);
  const text = Buffer.concat(chunks).toString('utf8').replaceAll('\r\n', '\n');
  if (end.code !== 0 || isRefusal(text)) throw cliProblem(entry, [...end.stderr, text.slice(0, 500)]);
  return text;
};

const isRefusal = (text: string): boolean =>
  /^(?:NOAUTH|NOPERM|WRONGPASS|ERR|LOADING|MASTERDOWN|DENIED|BUSY|MISCONF|READONLY) /.test(text);

/** What CONFIG GET says of a setting; null where the server knows none of that name. */
export const setting = async (
  entry: RedisEntry,
  name: string,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<string | null> => {
  const [key, ...value] = (await askServer(entry, ['CONFIG', 'GET', name], world, signal)).split('\n');
  return key === name ? value.join('\n').replace(/\n$/, '') : null;
};

/**
 * What a server says its file or folder is called: a name and no path, for this agent reads and writes there as who it is. Throws 'database-refused' for
 * anything else, which no honest server says.
 */
export const plainName = (entry: RedisEntry, name: string, said: string | null): string | null => {
  if (said === null || /^(?!\.{1,2}$)[^/\\\0]{1,255}$/.test(said)) return said;
  throw new Problem(
    'database-refused',
    `${namesOf(entry).title} says that its ${name} is ${printable(said, 100)}, which is no name of a file.`,
    'Look who listens there: no server of this kind says such a thing by itself.',
  );
};

/** What INFO says, all sections. */
export const infoOf = async (
  entry: RedisEntry,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> => {
  const lines = (await askServer(entry, ['INFO'], world, signal)).split('\n');
  return new Map(
    lines.flatMap((line) => {
      const [, key, value] = /^([a-z0-9_]+):(.*)$/.exec(line) ?? [];
      return key === undefined || value === undefined ? [] : [[key, value] as const];
    }),
  );
};

/** What redis-cli's words mean to a person. */
export const cliProblem = (entry: RedisEntry, words: readonly string[]): Problem => {
  const { title, cli } = namesOf(entry);
  const said = words.filter((line) => line.trim() !== '').join('\n');
  const cause = new Error(said === '' ? `${cli} said nothing` : said);
  if (/WRONGPASS|NOAUTH|invalid password|invalid username-password|called without any password/.test(said)) {
    const happened = `${title} did not take the password of the entry ${entry.name}.`;
    return new Problem('database-refused', happened, 'Look at user and password_file in agent.yaml.', { cause });
  }
  if (/NOPERM/.test(said)) {
    const happened = `${title} does not let this user do what a dump needs.`;
    const grants = '+info +replconf +sync +psync +ping';
    const remedy = `Give it the rights: ACL SETUSER ${entry.user ?? 'backup'} ${grants}`;
    return new Problem('database-refused', happened, remedy, { cause });
  }
  if (/Could not connect|Connection (?:refused|reset)|closed the connection|LOADING|timed out|I\/O error/.test(said)) {
    const happened = `${title} of the entry ${entry.name} does not answer.`;
    return new Problem('database-unreachable', happened, 'Look whether it runs, and at "at:" in agent.yaml.', {
      cause,
    });
  }
  const remedy = `Look at the log of ${title}, then run the backup again.`;
  return new Problem('dump-failed', `${cli} failed: ${said.split('\n').at(-1) ?? 'no words'}`, remedy, { cause });
};
