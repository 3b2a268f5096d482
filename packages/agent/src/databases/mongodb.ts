import { Problem } from '@berth/common/problem.ts';
import { z } from 'zod';
import type { Database, EngineWorld, Unit } from './engine.ts';
import { asField, commonFields, nameField, pathField } from './entry.ts';
import { dumpFailed, restoreFailed, restoreRefused } from './failed.ts';
import { archiveVerifier } from './mongodb/archive.ts';
import { fileNameOf } from './name.ts';
import { atField } from './place.ts';
import { reachTcp } from './reach.ts';
import type { ToolEnd } from './tool.ts';

/** `engine: mongodb` in agent.yaml. */
export const mongodbSchema = z.strictObject({
  ...commonFields('mongodb'),
  at: atField(['host', 'tcp', 'container']),
  as: asField,
  user: nameField('user: backup').nullable().default(null),
  password_file: pathField('password_file: /etc/berth/mongo.pass').nullable().default(null),
  auth_database: nameField('auth_database: admin').default('admin'),
  /** A file with the line `mongodb://user:password@host/…`, for TLS, replica sets and whatever else a connection string can say. */
  uri_file: pathField('uri_file: /etc/berth/mongo.uri').nullable().default(null),
  /** A dump for each of these; all of the server in one dump unless said. */
  only: z.array(nameField('only: [shop]')).min(1).max(1000).nullable().default(null).meta({ example: 'only: [shop]' }),
  /** Of one moment, by the operations log, which only replica sets have; all databases in one dump. */
  oplog: z.boolean().default(false).meta({ example: 'oplog: true' }),
});

/** An entry of this engine. */
export type MongodbEntry = z.output<typeof mongodbSchema>;

/**
 * MongoDB: `mongodump --archive` (https://www.mongodb.com/docs/database-tools/mongodump/), of all, or of each database in `only`. Without the operations
 * log it is not of one moment. Password and connection string reach the tools by `--config`
 * (https://www.mongodb.com/docs/database-tools/mongodump/#std-option-mongodump.--config) from a pipe: they stand in no arguments and on no disk.
 */
export const mongodbDatabase = (entry: MongodbEntry): Database => ({
  engine: entry.engine,
  name: entry.name,
  timeoutMs: entry.timeout,
  describe: async (world, signal) => {
    if (entry.oplog && entry.only !== null) {
      throw new Problem(
        'not-supported',
        'The operations log is of all databases, and only: names some.',
        'Leave out oplog: or only: in agent.yaml.',
      );
    }
    const version = await toolVersion(entry, world, signal);
    if (entry.at.kind !== 'container' && entry.uri_file === null) {
      await reachTcp(await world.addressOf(entry.at, 27_017), 'MongoDB', signal);
    }
    const unit = (database: string | null): Unit => ({
      database,
      file: fileNameOf({ engine: entry.engine, name: entry.name, database, ending: 'archive' }),
      form: 'stream',
    });
    return {
      version,
      units: (entry.only ?? [null]).map(unit),
      warnings: entry.oplog
        ? []
        : [
            'The dump is not of one moment: what is written meanwhile may be in it or not. Replica sets can have oplog: true.',
          ],
    };
  },
  dump: async (unit, to, world, signal) => {
    if (to.kind !== 'stream') throw new Error('MongoDB is streamed');
    const scope = unit.database === null ? (entry.oplog ? ['--oplog'] : []) : [`--db=${unit.database}`];
    const end = await run(entry, ['mongodump', '--archive', ...scope], { to: to.sink.write }, world, signal);
    if (end.code !== 0) throw problemOf('mongodump', end, dumpFailed);
    return { warnings: [] };
  },
  verify: () => archiveVerifier(),
  restore: async (unit, from, into, world, signal) => {
    if (from.kind !== 'stream') throw new Error('MongoDB is streamed');
    if (into.kind === 'new' && unit.database === null) {
      throw restoreRefused(
        'This dump holds all databases, and they cannot have one new name.',
        'Restore it with --live, or write it to a file with --to-file and use mongorestore --nsFrom --nsTo.',
      );
    }
    // Stars and backslashes are its wildcards: https://www.mongodb.com/docs/database-tools/mongorestore/#std-option-mongorestore.--nsFrom
    const name = (unit.database ?? '').replace(/[\\*]/g, '\\$&');
    const target = into.kind === 'new' ? into.name.replace(/[\\*]/g, '\\$&') : '';
    const how =
      into.kind === 'new'
        ? [`--nsInclude=${name}.*`, `--nsFrom=${name}.*`, `--nsTo=${target}.*`]
        : ['--drop', ...(unit.database === null && entry.oplog ? ['--oplogReplay'] : [])];
    const words = ['mongorestore', '--archive', '--stopOnError', ...how] as const;
    const end = await run(entry, words, { from: from.chunks }, world, signal);
    if (end.code !== 0) throw problemOf('mongorestore', end, restoreFailed);
    return { warnings: [] };
  },
});

/**
 * The first line of stdin is the tool's configuration, JSON being YAML; the shell reads it byte by byte, and leaves the rest to the tool. A here-document
 * is a pipe or an unlinked file, which /dev/fd names for this one process.
 */
const script = 'IFS= read -r line || exit 1\nexec "$@" --config=/dev/fd/3 3<<END\n$line\nEND\n';

const run = async (
  entry: MongodbEntry,
  argv: readonly [string, ...string[]],
  flow: { readonly to?: (chunk: Uint8Array) => void | Promise<void>; readonly from?: AsyncIterable<Uint8Array> },
  world: EngineWorld,
  signal: AbortSignal,
): Promise<ToolEnd> => {
  const config: Record<string, string> = {};
  const where: string[] = [];
  if (entry.uri_file !== null) config['uri'] = await world.secret(entry.uri_file);
  else {
    if (entry.at.kind === 'tcp') where.push(`--host=${entry.at.host}`, `--port=${entry.at.port ?? 27_017}`);
    if (entry.user !== null) {
      where.push(`--username=${entry.user}`, `--authenticationDatabase=${entry.auth_database}`);
    }
    if (entry.password_file !== null) config['password'] = await world.secret(entry.password_file);
  }
  return world.run(
    entry.at.kind === 'container' ? entry.at : { kind: 'host' },
    {
      argv: ['/bin/sh', '-c', script, 'sh', ...argv, ...where],
      as: entry.as,
      stdin: configured(config, flow.from),
      ...(flow.to !== undefined && { onStdout: flow.to }),
    },
    signal,
  );
};

const configured = async function* (
  config: Readonly<Record<string, string>>,
  rest: AsyncIterable<Uint8Array> | undefined,
): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(`${JSON.stringify(config)}\n`);
  if (rest !== undefined) yield* rest;
};

const problemOf = (
  tool: string,
  { code, stderr }: ToolEnd,
  otherwise: (happened: string, words: readonly string[]) => Problem,
): Problem => {
  const said = stderr.join('\n');
  const cause = new Error(said);
  if (code === 127) {
    return new Problem('tool-missing', `The program ${tool} is not there.`, 'Install the MongoDB Database Tools.', {
      cause,
    });
  }
  if (/AuthenticationFailed|auth error|not authorized|Unauthorized/i.test(said)) {
    return new Problem(
      'database-refused',
      'MongoDB refused the user or the password.',
      'Look at user, password_file and auth_database; dumps need the role backup, restores the role restore.',
      { cause },
    );
  }
  if (/server selection (?:error|timeout)|connection refused|no reachable servers|could not connect/i.test(said)) {
    return new Problem('database-unreachable', 'MongoDB does not answer.', 'Look whether it runs, and its address.', {
      cause,
    });
  }
  return otherwise(`${tool} ended with ${code ?? 'a signal'}.`, stderr);
};

const toolVersion = async (entry: MongodbEntry, world: EngineWorld, signal: AbortSignal): Promise<string> => {
  const said: Uint8Array[] = [];
  const end = await world.run(
    entry.at.kind === 'container' ? entry.at : { kind: 'host' },
    { argv: ['mongodump', '--version'], as: entry.as, onStdout: (chunk) => void said.push(chunk) },
    signal,
  );
  const version = /mongodump version: (\S+)/.exec(Buffer.concat(said).toString('utf8'))?.[1];
  if (end.code === 0 && version !== undefined) return `MongoDB, mongodump ${version}`;
  throw new Problem('tool-missing', 'mongodump does not tell its version.', 'Install the MongoDB Database Tools.', {
    cause: new Error(end.stderr.join('\n')),
  });
};
