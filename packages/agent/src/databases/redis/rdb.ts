import { cancelled, Problem } from '@berth/common/problem.ts';
import type { DumpSink } from '@berth/common/restic/stream.ts';
import type { EngineWorld } from '../engine.ts';
import type { RedisEntry } from '../redis.ts';
import { askServer, cliProblem, infoOf, namesOf, plainName, runCli, setting, toolPlace } from './cli.ts';
import { holdBack } from './hold-back.ts';

/** The mark by which a server ends a transfer whose length it did not know: CONFIG_RUN_ID_SIZE of server.h. */
const markBytes = 40;

/**
 * The server's data of one moment, as a replica gets it (https://redis.io/docs/latest/develop/tools/cli/, "Remote backups of RDB files"). redis-cli
 * writes the end mark too, which it cuts off only in a file: it is held back here, and the length that redis-cli counted must come out.
 */
export const dumpByReplication = async (
  entry: RedisEntry,
  sink: DumpSink,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  const back = holdBack(markBytes);
  let bytes = 0;
  const end = await runCli(
    entry,
    ['--rdb', '-'],
    async (chunk) => {
      bytes += chunk.length;
      const through = back.push(chunk);
      if (through.length > 0) await sink.write(through);
    },
    world,
    signal,
  );
  if (end.code !== 0) throw cliProblem(entry, end.stderr);
  const counted = /Transfer finished with success(?: after (\d+) bytes)?/.exec(end.stderr.join('\n'));
  const promised = counted?.[1] === undefined ? bytes : Number(counted[1]);
  if (counted === null || (promised !== bytes && promised + markBytes !== bytes)) {
    throw cliProblem(entry, [...end.stderr, `${bytes} bytes came, and ${counted?.[1] ?? 'no'} were announced`]);
  }
  const last = back.held();
  if (promised === bytes && last.length > 0) await sink.write(last);
};

const pollMs = 250;

/**
 * The same by the file that the server saves (https://redis.io/docs/latest/commands/bgsave/), for servers that let nobody replicate: it is read where
 * the server's tools run, so this has to be its machine or its container.
 */
export const dumpBySaving = async (
  entry: RedisEntry,
  sink: DumpSink,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<void> => {
  const file = await rdbFile(entry, world, signal);
  await saved(entry, world, signal);
  const before = (await infoOf(entry, world, signal)).get('rdb_saves');
  const lastSave = await askServer(entry, ['LASTSAVE'], world, signal);
  await askServer(entry, ['BGSAVE'], world, signal);
  const info = await saved(entry, world, signal);
  const isNew = info.get('rdb_saves') !== before || (await askServer(entry, ['LASTSAVE'], world, signal)) !== lastSave;
  if (info.get('rdb_last_bgsave_status') !== 'ok' || (before !== undefined && !isNew)) {
    throw cliProblem(entry, [`BGSAVE ended with: ${info.get('rdb_last_bgsave_status') ?? 'nothing'}`]);
  }
  const end = await world.run(
    toolPlace(entry),
    { argv: ['cat', '--', file], onStdout: (chunk) => sink.write(chunk), as: entry.as },
    signal,
  );
  if (end.code !== 0) throw cliProblem(entry, end.stderr);
};

/** Waits until the server saves nothing, and says what INFO says then. */
const saved = async (
  entry: RedisEntry,
  world: EngineWorld,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> => {
  for (;;) {
    if (signal.aborted) throw cancelled();
    const info = await infoOf(entry, world, signal);
    if (info.get('rdb_bgsave_in_progress') === '0' && info.get('aof_rewrite_in_progress') === '0') return info;
    await world.sleep(pollMs, signal);
  }
};

/** Where the server keeps its dump.rdb, as the server names it. */
const rdbFile = async (entry: RedisEntry, world: EngineWorld, signal: AbortSignal): Promise<string> => {
  const folder = entry.data ?? (await setting(entry, 'dir', world, signal));
  const name = plainName(entry, 'dbfilename', await setting(entry, 'dbfilename', world, signal));
  if (folder !== null && name !== null) return `${folder}/${name}`;
  throw new Problem(
    'dump-failed',
    `${namesOf(entry).title} does not say where it saves its data.`,
    'Write data: in agent.yaml, or by: replication.',
  );
};
