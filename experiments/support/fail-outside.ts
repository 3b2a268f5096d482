import { join } from 'node:path';
import { requirePrograms } from '../../scripts/docker/programs.ts';
import { seededRandom } from '../../test/helpers/random.ts';
import { type RestClient, randomObject } from '../../test/helpers/rest-client.ts';
import { filesBelow, partialObjects } from '../../test/helpers/store-files.ts';
import { type Conditions, Skipped } from '../experiment.ts';
import { scratch } from './scratch.ts';
import { sourceOfSessions } from './session.ts';

/** What came of sessions whose system calls fail. */
export interface Outside {
  readonly sessions: number;
  readonly uploads: number;
  readonly acknowledged: number;
  /** Uploads that were refused or never answered, each because at least one call failed. */
  readonly refused: number;
  readonly wrong: number;
}

/**
 * What libfiu makes fail in the C library, each with its errno (errno.h) and how often. A write that fails also meets
 * Node's own wake-ups, which ends the process: seldom, so that most sessions live to answer.
 */
const faults = [
  ['posix/io/sync/fsync', 'EIO', 5, 0.05],
  ['posix/io/sync/fsync', 'ENOSPC', 28, 0.05],
  ['posix/io/rw/writev', 'EIO', 5, 0.2],
  ['posix/io/rw/writev', 'ENOSPC', 28, 0.2],
  ['posix/io/rw/write', 'EIO', 5, 0.005],
  ['posix/io/rw/write', 'ENOSPC', 28, 0.005],
  ['posix/io/oc/open', 'ENOSPC', 28, 0.05],
  ['posix/io/oc/open', 'EIO', 5, 0.05],
  ['posix/io/dir/rename', 'EIO', 5, 0.3],
] as const;

const uploadsOfSession = 24;
const atOnce = 4;

/**
 * Uploads to sessions of the unmodified program, whose writes, fsyncs and opens fail at random by libfiu's preloaded
 * library; every refused upload is tried once more in the same session. Whatever was acknowledged must be on the disk,
 * whole, after each of them.
 */
export const failOutside = async ({ say, signal, seed }: Conditions, sessions: number): Promise<Outside> => {
  await requirePrograms({ 'fiu-run': 'fiu-utils' }).catch((cause: unknown) => {
    throw new Skipped(`libfiu can not be had: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
  const random = seededRandom(seed);
  await using folder = await scratch('memory');
  const source = await sourceOfSessions(folder.path, 'unlucky');
  {
    await using healthy = source.start();
    await healthy.request('POST', '/?create=true');
  }
  const kept = new Set<string>();
  let uploads = 0;
  let refused = 0;
  for (let index = 0; index < sessions; index += 1) {
    signal.throwIfAborted();
    const [name, , errno, probability] = faults[index % faults.length] ?? faults[0];
    const command = `enable_random name=${name},probability=${probability},failinfo=${errno}`;
    await using client = source.start('fiu-run', '-x', '-f', '', '-c', command);
    const send = async (): Promise<void> => {
      for (let sent = 0; sent < uploadsOfSession / atOnce; sent += 1) {
        // One part or several: a write, or a writev.
        const object = randomObject(1 + random(800_000));
        for (let attempt = 0; attempt < 2 && !kept.has(object.name); attempt += 1) {
          uploads += 1;
          if (await isTaken(client, object)) kept.add(object.name);
          else refused += 1;
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, send));
    if ((index + 1) % faults.length === 0) say(`libfiu: ${kept.size} acknowledged, ${refused} refused`);
  }
  const repo = join(source.directory, 'repo');
  const there = new Set((await filesBelow(repo)).map((file) => file.split('/').at(-1)));
  const lost = [...kept].filter((object) => !there.has(object));
  const partial = await partialObjects(repo);
  for (const object of [...lost, ...partial]) say(`libfiu: ${object} is missing or not whole`);
  return { sessions, uploads, acknowledged: kept.size, refused, wrong: lost.length + partial.length };
};

/** Whether it was answered with 200. A session that has ended takes nothing. */
const isTaken = (client: RestClient, { path, bytes }: ReturnType<typeof randomObject>): Promise<boolean> =>
  client.request('POST', path, bytes).then(
    ({ status }) => status === 200,
    () => false,
  );
