import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseSize } from '@berth/common/size.ts';
import { execa } from 'execa';
import { dumpDatabase } from '../packages/agent/src/databases/dump-database.ts';
import { postgresDatabase, postgresSchema } from '../packages/agent/src/databases/postgres.ts';
import { testWorld } from '../packages/agent/src/databases/testing.ts';
import { findLeash } from '../packages/common/src/restic/leash.ts';
import { openRestic } from '../packages/common/src/restic/restic.ts';
import { fetchRestic, type ResticRelease, resticReleases } from '../scripts/fetch-restic.ts';
import { type Postgres, withPostgres } from '../test/helpers/engines/postgres.ts';
import { cpuSeconds } from './processes.ts';
import { median, round } from './table.ts';

/**
 * `npm run bench:dump`: from `pg_dump` to the snapshot of a database, by berth (pg_dump → this process, checked as it passes → restic behind its
 * gate) and beside it by hand, `pg_dump | restic backup --stdin`, with the same words for pg_dump. Rounds take turns, each into a new
 * repository on this machine's disk. Seconds, and CPU seconds of all processes but the server's. Ends with 1 where a full size takes
 * berth longer than it may, in the middle of the ratios of all rounds.
 */
const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1G' },
    rounds: { type: 'string', default: '7' },
    restic: { type: 'string', default: resticReleases.join(',') },
    within: { type: 'string', default: '1.05' },
    json: { type: 'boolean', default: false },
  },
});
const size = parseSize(values.size);
const [rounds, within] = [Number(values.rounds), Number(values.within)];
const releases = resticReleases.filter((release) => values.restic.split(',').includes(release));
if (!size.ok || !(rounds > 0) || !(within > 0) || releases.length === 0) {
  throw new Error('write --size 1G --rounds 7 --restic 0.14,0.18 --within 1.05');
}
const bytes = size.value;

interface Sample {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** Rows of a KiB that compress to about a half, as text does. */
const fill = async (postgres: Postgres): Promise<void> => {
  await postgres.sql('create database shop');
  const row = "string_agg(md5(number::text || '-' || part), '')";
  await postgres.sql(
    `create table orders as select number, (select ${row} from generate_series(1, 32) part) as words from generate_series(1, ${Math.ceil(bytes / 1024)}) number;
     vacuum (freeze, analyze) orders; checkpoint`,
    'shop',
  );
};

const measured = async (work: () => Promise<void>): Promise<Sample> => {
  const [began, cpuBefore] = [performance.now(), cpuSeconds(process.pid)];
  await work();
  return { seconds: (performance.now() - began) / 1000, cpuSeconds: cpuSeconds(process.pid) - cpuBefore };
};

/** A repository of its own, made before and removed after the measuring. */
const withRestic = async (top: string, release: ResticRelease) => {
  const directory = await mkdtemp(join(top, 'round-'));
  const passwordFile = join(directory, 'password');
  await writeFile(passwordFile, 'bench\n', { mode: 0o600 });
  const places = { repository: join(directory, 'repository'), passwordFile, cacheDirectory: join(directory, 'cache') };
  const binary = await fetchRestic(release);
  const restic = await openRestic({ binary, ...places, env: process.env, leash: await findLeash(process.env) });
  const made = await restic.init();
  if (made.kind !== 'ok') throw new Error(made.words.join('\n'));
  return {
    directory,
    binary,
    places,
    restic,
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
};

const byHand = async (top: string, release: ResticRelease, postgres: Postgres): Promise<Sample> => {
  await using made = await withRestic(top, release);
  const { repository, passwordFile, cacheDirectory } = made.places;
  const dump = [
    join(postgres.bin, 'pg_dump'),
    '--format=custom',
    '--compress=0',
    '--no-password',
    '--lock-wait-timeout=300000',
  ];
  const backup = [
    ...[made.binary, '--repo', repository, '--password-file', passwordFile, '--cache-dir', cacheDirectory, '--json'],
    ...['backup', '--host', 'bench', '--tag', 'db', '--stdin', '--stdin-filename', 'shop.dump'],
  ];
  const script = `set -o pipefail; ${dump.join(' ')} | ${backup.join(' ')}`;
  // Over TCP with its password, as berth.
  const env = {
    ...{ PGHOST: '127.0.0.1', PGPORT: String(postgres.port), PGUSER: 'postgres', PGDATABASE: 'shop' },
    PGPASSWORD: postgres.password,
  };
  return await measured(async () => {
    await execa('bash', ['-c', script], { env, stdin: 'ignore', stdout: 'ignore' });
  });
};

const byBerth = async (top: string, release: ResticRelease, postgres: Postgres): Promise<Sample> => {
  await using made = await withRestic(top, release);
  const database = postgresDatabase(
    postgresSchema.parse({
      ...{ engine: 'postgres', at: { host: '127.0.0.1', port: postgres.port }, user: 'postgres' },
      ...{ password_file: postgres.passwordFile, only: ['shop'], globals: false, tools: postgres.bin },
    }),
  );
  const world = testWorld({ state: join(made.directory, 'state') });
  const { signal } = new AbortController();
  // What there is to dump is asked before: that takes the same moment for the smallest database.
  const described = await database.describe(world, signal);
  return await measured(async () => {
    const { dumps, words } = await dumpDatabase({
      database: { ...database, describe: async () => described },
      ...{ restic: made.restic, host: 'bench', world, folders: join(made.directory, 'folders') },
      ...{ finished: new Set<string>(), signal, onProgress: () => undefined },
    });
    if (dumps.length !== 1 || dumps[0]?.outcome !== 'ok') throw new Error(words.join('\n'));
  });
};

const top = await mkdtemp(join(tmpdir(), 'berth-bench-dump-'));
try {
  await using postgres = await withPostgres();
  await fill(postgres);
  const results: Result[] = [];
  for (const release of releases) {
    const took = { hand: [] as Sample[], berth: [] as Sample[] };
    // Once for nothing, so that what is read first is read for neither.
    await byHand(top, release, postgres);
    for (let at = 0; at < rounds; at += 1) {
      const ways = [
        async () => took.hand.push(await byHand(top, release, postgres)),
        async () => took.berth.push(await byBerth(top, release, postgres)),
      ];
      for (const way of at % 2 === 0 ? ways : ways.toReversed()) await way();
    }
    const ratios = took.berth.map(({ seconds }, at) => seconds / (took.hand[at]?.seconds ?? Number.NaN));
    const result = {
      restic: release,
      hand: middle(took.hand),
      berth: middle(took.berth),
      ratio: round(median(ratios), 3),
    };
    results.push(result);
    if (!values.json) process.stdout.write(`${line(result)}\n`);
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ bytes, rounds, results })}\n`);
  if (bytes >= 1024 ** 3 && results.some(({ ratio }) => ratio > within)) process.exitCode = 1;
} finally {
  await rm(top, { recursive: true, force: true });
}

interface Result {
  readonly restic: string;
  readonly hand: Sample;
  readonly berth: Sample;
  readonly ratio: number;
}

function middle(samples: readonly Sample[]): Sample {
  return {
    seconds: round(median(samples.map(({ seconds }) => seconds)), 2),
    cpuSeconds: round(median(samples.map((sample) => sample.cpuSeconds)), 2),
  };
}

function line({ restic, hand, berth, ratio }: Result): string {
  const way = ({ seconds, cpuSeconds: cpu }: Sample): string => `${seconds} s (CPU ${cpu} s)`;
  return `restic ${restic}: by hand ${way(hand)}, berth ${way(berth)}, middle of the ratios ${ratio}`;
}
